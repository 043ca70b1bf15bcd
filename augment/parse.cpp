#include "augment/parse.h"

#include <algorithm>

#include "augment/list.h"
#include "core/error.h"
#include "core/suggestion.h"

namespace lathe::augment {

namespace {

struct Maker {
  std::string_view name;
  std::vector<std::string> options;
  bool groups = false;
  Augmentation (*make)(OptionTexts, std::vector<Augmentation>) = nullptr;

  bool has(std::string_view option) const {
    return std::ranges::find(options, option) != options.end();
  }
};

template <class T>
Maker maker_of() {
  Maker maker{.name = T::kName, .options = {}, .groups = Grouping<T>};
  for (const auto& [name, value] : options_of(T{})) {
    maker.options.push_back(name);
  }
  maker.make = [](OptionTexts texts, std::vector<Augmentation> operations) {
    T operation = operation_from<T>(std::move(texts));
    if constexpr (Grouping<T>) operation.operations = std::move(operations);
    return Augmentation(std::move(operation));
  };
  return maker;
}

const std::vector<Maker>& makers() {
#define LATHE_MAKER(T) maker_of<T>(),
  static const std::vector<Maker> all = {LATHE_AUGMENTATIONS(LATHE_MAKER)};
#undef LATHE_MAKER
  return all;
}

const Maker& maker_named(std::string_view name) {
  for (const Maker& maker : makers()) {
    if (maker.name == name) return maker;
  }
  fail("no augmentation '", name, "'", suggestion(name, known_names()));
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// The parts between commas that are in no parentheses.
std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || (text[i] == ',' && depth == 0)) {
      parts.push_back(trimmed(text.substr(start, i - start)));
      start = i + 1;
    } else if (text[i] == '(') {
      ++depth;
    } else if (text[i] == ')') {
      --depth;
    }
  }
  if (depth != 0) fail("augmentation '", text, "': parentheses don't match");
  return parts;
}

Augmentation parse_part(std::string_view part);

/// What is in the parentheses of `part`: options, and the children of a group.
struct Inside {
  OptionTexts options;
  std::vector<Augmentation> operations;
};

Inside inside_of(const Maker& maker, std::string_view text) {
  Inside inside;
  if (trimmed(text).empty()) return inside;
  for (const std::string_view each : split(text)) {
    const std::size_t equals = each.find('=');
    const std::string name(trimmed(each.substr(0, equals)));
    if (maker.groups &&
        (equals == std::string_view::npos || !maker.has(name))) {
      inside.operations.push_back(parse_part(each));
      continue;
    }
    if (equals == std::string_view::npos || equals == 0) {
      fail("'", each, "' should be option=value");
    }
    if (!inside.options.emplace(name, trimmed(each.substr(equals + 1)))
             .second) {
      fail(name, " is given twice");
    }
  }
  return inside;
}

Augmentation parse_part(std::string_view part) {
  const std::size_t end = part.find_first_of("=(");
  const std::string_view name = trimmed(part.substr(0, end));
  try {
    const Maker& maker = maker_named(name);
    Inside inside;
    if (end != std::string_view::npos && part[end] == '=') {
      inside.options.emplace("", trimmed(part.substr(end + 1)));
    } else if (end != std::string_view::npos) {
      if (part.back() != ')') fail("it should end with a parenthesis");
      inside = inside_of(maker, part.substr(end + 1, part.size() - end - 2));
    }
    return augmentation_from(name, std::move(inside.options),
                             std::move(inside.operations));
  } catch (const Error& error) {
    fail("augmentation '", part, "': ", error.what());
  }
}

}  // namespace

Augmentation augmentation_from(std::string_view name, OptionTexts options,
                               std::vector<Augmentation> operations) {
  const Maker& maker = maker_named(name);
  if (!operations.empty() && !maker.groups) {
    fail(name,
         ": it is no group; one_of, some_of, sequence and random_order "
         "are made of operations");
  }
  const auto p = options.find("p");
  if (p == options.end() || maker.has("p")) {
    return maker.make(std::move(options), std::move(operations));
  }
  OptionTexts chance{{"p", p->second}};
  options.erase(p);
  Sequence sequence = operation_from<Sequence>(std::move(chance));
  sequence.operations = {maker.make(std::move(options), {})};
  return sequence;
}

Pipeline parse(std::string_view text, PipelineOptions options) {
  std::vector<Augmentation> augmentations;
  const std::string_view whole = trimmed(text);
  if (!whole.empty() && whole != "none") {
    for (const std::string_view part : split(whole)) {
      augmentations.push_back(parse_part(part));
    }
  }
  return Pipeline(std::move(augmentations), options);
}

std::string to_text(const Pipeline& pipeline) {
  std::string text;
  for (const Augmentation& augmentation : pipeline.augmentations()) {
    text += concat(text.empty() ? "" : ",", augmentation.text());
  }
  return text.empty() ? "none" : text;
}

std::vector<std::string> known_names() {
  std::vector<std::string> names;
  for (const Maker& maker : makers()) names.emplace_back(maker.name);
  std::ranges::sort(names);
  return names;
}

}  // namespace lathe::augment
