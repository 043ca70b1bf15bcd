#include "train/data/mask_values.h"

#include <charconv>
#include <cstring>

#include "core/error.h"
#include "core/graph/operations/loss.h"

namespace lathe::train {
namespace {

int number(std::string_view text, std::string_view whole) {
  int value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 ||
      value > 255) {
    fail("mask values: '", text, "' in '", whole,
         "' is no number from 0 to 255");
  }
  return value;
}

}  // namespace

MaskValues::MaskValues(std::string_view text, std::int64_t classes)
    : classes_(classes == 1 ? 2 : classes) {
  class_of_.fill(kUnknown);
  if (!text.empty()) {
    given_ = true;
    parse(text);
  } else if (classes == 1) {
    class_of_[0] = 0;
    class_of_[1] = 1;
    class_of_[255] = 1;
  } else {
    for (std::int64_t c = 0; c < classes_; ++c) {
      class_of_[static_cast<std::size_t>(c)] = static_cast<int>(c);
    }
    class_of_[255] = graph::kIgnoredTarget;
  }
}

void MaskValues::parse(std::string_view text) {
  int next_class = 0;
  std::size_t at = 0;
  while (at <= text.size()) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const std::string_view part = text.substr(at, comma - at);
    const std::size_t equals = part.find_first_of("=:");
    int value = 0;
    int target = 0;
    if (equals == std::string_view::npos) {
      value = number(part, text);
      target = next_class++;
    } else {
      value = number(part.substr(0, equals), text);
      const std::string_view name = part.substr(equals + 1);
      target = name == "ignore" ? graph::kIgnoredTarget : number(name, text);
    }
    if (target != graph::kIgnoredTarget && target >= classes_) {
      fail("mask values: '", part, "' in '", text, "' means class ", target,
           ", but there are classes 0 to ", classes_ - 1,
           "; --classes says how many");
    }
    int& meaning = class_of_[static_cast<std::size_t>(value)];
    if (meaning != kUnknown) {
      fail("mask values: '", text, "' says twice what ", value, " means");
    }
    meaning = target;
    at = comma + 1;
  }
}

void MaskValues::check(const Tensor& mask, std::string_view name) const {
  std::array<bool, 256> seen{};
  // Masks are runs of equal values: eight that are all like the last ones say
  // nothing new.
  const auto values = mask.values<std::uint8_t>();
  std::uint64_t last = 0;
  std::size_t i = 0;
  for (; i + 8 <= values.size(); i += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, &values[i], 8);
    if (eight == last && i > 0) continue;
    last = eight;
    for (std::size_t j = i; j < i + 8; ++j) seen[values[j]] = true;
  }
  for (; i < values.size(); ++i) seen[values[i]] = true;
  std::string unknown;
  std::string all;
  for (std::size_t value = 0; value < seen.size(); ++value) {
    if (!seen[value]) continue;
    all += concat(all.empty() ? "" : ", ", value);
    if (class_of_[value] == kUnknown) {
      unknown += concat(unknown.empty() ? "" : ", ", value);
    }
  }
  if (!unknown.empty()) {
    fail(name,
         ": the mask has values without a meaning: ", unknown.substr(0, 60),
         " (its values: ", all.substr(0, 60),
         "); --mask-values tells what each means");
  }
  // A binary mask of 0, 1 and 255 would be two ways to say the same.
  if (!given_ && classes_ == 2 && seen[1] && seen[255]) {
    fail(name,
         ": the mask has 1 and 255; --mask-values tells what each means, "
         "such as 0=0,1=1,255=ignore");
  }
}

void MaskValues::apply(const Tensor& mask, std::string_view name) const {
  check(mask, name);
  for (std::uint8_t& value : mask.values<std::uint8_t>()) {
    value = static_cast<std::uint8_t>(class_of_[value]);
  }
}

}  // namespace lathe::train
