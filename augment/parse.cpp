#include "augment/parse.h"

#include <functional>

#include "augment/list.h"
#include "core/error.h"

namespace lathe::augment {

namespace {

struct Maker {
  std::string_view name;
  std::function<Augmentation(OptionTexts)> make;
};

template <class... T>
std::vector<Maker> makers_of(const std::tuple<T...>*) {
  return {{T::kName, [](OptionTexts texts) {
             return Augmentation(operation_from<T>(std::move(texts)));
           }}...};
}

const std::vector<Maker>& makers() {
  static const std::vector<Maker> all =
      makers_of(static_cast<const AugmentationList*>(nullptr));
  return all;
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

OptionTexts options_in(std::string_view text, std::string_view part) {
  OptionTexts options;
  if (trimmed(text).empty()) return options;
  for (const std::string_view option : split(text)) {
    const std::size_t equals = option.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      fail("augmentation '", part, "': '", option, "' should be option=value");
    }
    const std::string name(trimmed(option.substr(0, equals)));
    if (!options.emplace(name, trimmed(option.substr(equals + 1))).second) {
      fail("augmentation '", part, "': ", name, " is given twice");
    }
  }
  return options;
}

Augmentation parse_part(std::string_view part) {
  const std::size_t end = part.find_first_of("=(");
  const std::string_view name = trimmed(part.substr(0, end));
  OptionTexts options;
  if (end != std::string_view::npos && part[end] == '=') {
    options.emplace("", trimmed(part.substr(end + 1)));
  } else if (end != std::string_view::npos) {
    if (part.back() != ')') {
      fail("augmentation '", part, "' should end with a parenthesis");
    }
    options = options_in(part.substr(end + 1, part.size() - end - 2), part);
  }
  try {
    return augmentation_from(name, std::move(options));
  } catch (const Error& error) {
    fail("augmentation '", part, "': ", error.what());
  }
}

}  // namespace

Augmentation augmentation_from(std::string_view name, OptionTexts options) {
  for (const Maker& maker : makers()) {
    if (maker.name == name) return maker.make(std::move(options));
  }
  std::string known;
  for (const std::string& each : known_names()) {
    known += concat(known.empty() ? "" : ", ", each);
  }
  fail("no augmentation '", name, "'; there are ", known);
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
  return names;
}

}  // namespace lathe::augment
