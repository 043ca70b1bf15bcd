#include "augment/options.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/suggestion.h"

namespace lathe::augment {

std::string write(const std::string& value) {
  return value;
}
std::string write(bool value) {
  return value ? "true" : "false";
}

std::string write(float value) {
  std::array<char, 32> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

std::string write(std::int64_t value) {
  return std::to_string(value);
}

std::string write(const ImageSize& value) {
  if (value.height == value.width) return write(value.height);
  return concat(value.height, ":", value.width);
}

std::string write(const std::optional<ImageSize>& value) {
  return value ? write(*value) : "none";
}

std::string write(const Factor& value) {
  if (value.low == -value.high) return write(value.high);
  return concat(write(value.low), ":", write(value.high));
}

std::string write(const Range& value) {
  if (value.low == value.high) return write(value.low);
  return concat(write(value.low), ":", write(value.high));
}

std::string write(const std::optional<Factor>& value) {
  return value ? write(*value) : "none";
}

std::string write(Interpolation value) {
  return std::string(name_of(value));
}
std::string write(FillMode value) {
  return std::string(name_of(value));
}

void read(std::string_view text, std::string& value) {
  value = text;
}

void read(std::string_view text, bool& value) {
  if (text != "true" && text != "false") {
    fail("'", text, "' is neither true nor false");
  }
  value = text == "true";
}

void read(std::string_view text, float& value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || stop != end || error != std::errc{} ||
      !std::isfinite(value)) {
    fail("'", text, "' is not a number");
  }
}

void read(std::string_view text, std::int64_t& value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || stop != end || error != std::errc{}) {
    fail("'", text, "' is not a whole number");
  }
}

void read(std::string_view text, ImageSize& value) {
  const std::size_t colon = text.find(':');
  try {
    read(text.substr(0, colon), value.height);
    value.width = value.height;
    if (colon != std::string_view::npos) {
      read(text.substr(colon + 1), value.width);
    }
  } catch (const Error&) {
    fail("'", text, "' is no size such as 224 or 224:192 (height:width)");
  }
}

void read(std::string_view text, std::optional<ImageSize>& value) {
  value.reset();
  if (text != "none") read(text, value.emplace());
}

void read(std::string_view text, Factor& value) {
  const std::size_t colon = text.find(':');
  float low = 0;
  float high = 0;
  try {
    read(text.substr(0, colon), low);
    if (colon != std::string_view::npos) read(text.substr(colon + 1), high);
  } catch (const Error&) {
    fail("'", text, "' is neither a number nor a range such as -0.1:0.2");
  }
  if (colon != std::string_view::npos && low > high) {
    fail("'", text, "' is upside down; write the lower end first, ",
         write(high), ":", write(low));
  }
  value = colon == std::string_view::npos ? Factor(low) : Factor(low, high);
}

void read(std::string_view text, Range& value) {
  Factor factor(0);
  read(text, factor);
  value = text.find(':') == std::string_view::npos
              ? Range(static_cast<double>(std::copysign(
                    factor.high, text.starts_with('-') ? -1.0F : 1.0F)))
              : Range(factor.low, factor.high);
}

void read(std::string_view text, std::optional<Factor>& value) {
  value.reset();
  if (text == "none") return;
  Factor factor(0);
  read(text, factor);
  value = factor;
}

void read(std::string_view text, Interpolation& value) {
  value = interpolation_from(text);
}

void read(std::string_view text, FillMode& value) {
  value = fill_mode_from(text);
}

void read_options(std::string_view operation,
                  const std::vector<Option>& options, OptionTexts texts) {
  for (const Option& option : options) {
    const bool first = &option == options.data() && texts.contains("");
    const auto text = texts.find(first ? "" : option.name);
    if (text == texts.end()) continue;
    try {
      std::visit([&](auto* value) { read(text->second, *value); },
                 option.value);
    } catch (const Error& error) {
      fail(operation, ": ", option.name, ": ", error.what());
    }
    texts.erase(text);
  }
  if (texts.empty()) return;
  std::vector<std::string> known(options.size());
  std::ranges::transform(options, known.begin(), &Option::name);
  const std::string& other = texts.begin()->first;
  fail(operation, ": no option '", other, "'", suggestion(other, known));
}

NamedTexts texts_of(const std::vector<Option>& options) {
  NamedTexts texts;
  for (const Option& option : options) {
    texts.emplace_back(
        option.name, std::visit([](const auto* value) { return write(*value); },
                                option.value));
  }
  return texts;
}

}  // namespace lathe::augment
