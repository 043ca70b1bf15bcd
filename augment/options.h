#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "augment/factor.h"
#include "augment/matrix.h"
#include "core/augmentation/resample.h"

namespace lathe::augment {

// One value as text and back; each read() throws Error saying what it wants.
std::string write(const std::string& value);
std::string write(bool value);
std::string write(float value);
std::string write(std::int64_t value);
std::string write(const ImageSize& value);
std::string write(const std::optional<ImageSize>& value);
std::string write(const Factor& value);
std::string write(const Range& value);
std::string write(const std::optional<Factor>& value);
std::string write(Interpolation value);
std::string write(FillMode value);
void read(std::string_view text, std::string& value);
void read(std::string_view text, bool& value);
void read(std::string_view text, float& value);
void read(std::string_view text, std::int64_t& value);
/// "224" is square, "224:192" is height and width.
void read(std::string_view text, ImageSize& value);
void read(std::string_view text, std::optional<ImageSize>& value);
void read(std::string_view text, Factor& value);
void read(std::string_view text, Range& value);
void read(std::string_view text, std::optional<Factor>& value);
void read(std::string_view text, Interpolation& value);
void read(std::string_view text, FillMode& value);

/// Options of one operation as written: name to text. The name "" stands for
/// the first option.
using OptionTexts = std::map<std::string, std::string, std::less<>>;

/// Throws the Error for an option that `operation` doesn't have.
[[noreturn]] void refuse_option(std::string_view operation,
                                std::string_view option,
                                const std::vector<std::string>& known);

/// The operation with these options, the others at their defaults.
template <class T>
T operation_from(OptionTexts texts) {
  T operation{};
  std::vector<std::string> known;
  T::visit(operation, [&](const std::string& name, auto& option) {
    auto text = texts.find(known.empty() && texts.contains("") ? "" : name);
    known.push_back(name);
    if (text == texts.end()) return;
    try {
      read(text->second, option);
    } catch (const Error& error) {
      fail(T::kName, ": ", name, ": ", error.what());
    }
    texts.erase(text);
  });
  if (!texts.empty()) refuse_option(T::kName, texts.begin()->first, known);
  return operation;
}

/// All options as texts, the most important one first.
template <class T>
std::vector<std::pair<std::string, std::string>> options_of(
    const T& operation) {
  std::vector<std::pair<std::string, std::string>> options;
  T::visit(operation, [&](const std::string& name, const auto& option) {
    options.emplace_back(name, write(option));
  });
  return options;
}

/// Those that are not at their defaults.
template <class T>
std::vector<std::pair<std::string, std::string>> changed_options(
    const T& operation) {
  const auto defaults = options_of(T{});
  std::vector<std::pair<std::string, std::string>> changed;
  for (auto& option : options_of(operation)) {
    if (std::ranges::find(defaults, option) == defaults.end()) {
      changed.push_back(std::move(option));
    }
  }
  return changed;
}

/// The text that operation_from() and parse() read: "name=value" if only the
/// first option matters, else "name(option=value,...)" with what is not at its
/// default.
template <class T>
std::string text_of(const T& operation) {
  const auto options = options_of(operation);
  const auto defaults = options_of(T{});
  std::string others;
  for (std::size_t i = 1; i < options.size(); ++i) {
    if (options[i] == defaults[i]) continue;
    others += concat(",", options[i].first, "=", options[i].second);
  }
  if (others.empty()) return concat(T::kName, "=", options[0].second);
  return concat(T::kName, "(", options[0].first, "=", options[0].second, others,
                ")");
}

}  // namespace lathe::augment
