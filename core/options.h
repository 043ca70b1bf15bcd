#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/error.h"

namespace lathe {

// Aggregates of options as text and back: "name", "name=value" for the first
// option alone, or "name(option=value,...)". Such a type T has a kName and
//   template <class Self, class F> static void visit(Self& self, F&& f)
// which calls f("option", self.option) for each, the most important one first.

// One value as text and back; each read() throws Error saying what it wants.
std::string write(bool value);
std::string write(std::int64_t value);
std::string write(double value);
std::string write(const std::string& value);
std::string write(const std::vector<std::int64_t>& value);
std::string write(const std::vector<double>& value);
std::string write(const std::vector<std::string>& value);
void read(std::string_view text, bool& value);
void read(std::string_view text, std::int64_t& value);
void read(std::string_view text, double& value);
void read(std::string_view text, std::string& value);
/// Divided by colons.
void read(std::string_view text, std::vector<std::int64_t>& value);
void read(std::string_view text, std::vector<double>& value);
void read(std::string_view text, std::vector<std::string>& value);

/// A name with its options: name to text, "" standing for the first option.
struct NamedOptions {
  std::string name;
  std::map<std::string, std::string, std::less<>> options = {};
};

/// Reads one of the forms above. Throws Error naming `what` and the text.
NamedOptions parse_named_options(std::string_view what, std::string_view text);

/// Throws Error listing the known names.
[[noreturn]] void refuse_name(std::string_view what, std::string_view name,
                              const std::vector<std::string>& known);

/// Sets the options that have a text; throws Error for one that T doesn't have.
template <class T>
void set_options(T& object,
                 std::map<std::string, std::string, std::less<>> texts) {
  std::vector<std::string> known;
  T::visit(object, [&](const std::string& name, auto& option) {
    const auto text =
        texts.find(known.empty() && texts.contains("") ? "" : name);
    known.push_back(name);
    if (text == texts.end()) return;
    try {
      read(text->second, option);
    } catch (const Error& error) {
      fail(T::kName, ": ", name, ": ", error.what());
    }
    texts.erase(text);
  });
  if (!texts.empty()) {
    refuse_name(concat(T::kName, ": option"), texts.begin()->first, known);
  }
}

namespace internal {
template <class... T>
std::vector<std::string> names_of(const std::variant<T...>*) {
  return {std::string(T::kName)...};
}

template <class Variant, class T>
bool make_if_named(const NamedOptions& named, Variant& result) {
  if (named.name != T::kName) return false;
  T object{};
  set_options(object, named.options);
  result = std::move(object);
  return true;
}

template <class... T>
bool make_named(const NamedOptions& named, std::variant<T...>& result) {
  return (make_if_named<std::variant<T...>, T>(named, result) || ...);
}
}  // namespace internal

/// The alternative of a std::variant that the text names, with its options.
/// Throws Error listing what is known.
template <class Variant>
Variant from_text(std::string_view what, std::string_view text) {
  const NamedOptions named = parse_named_options(what, text);
  Variant result;
  if (!internal::make_named(named, result)) {
    refuse_name(what, named.name,
                internal::names_of(static_cast<const Variant*>(nullptr)));
  }
  return result;
}

/// The text of an object: its name, and in parentheses what is not at its
/// default.
template <class T>
std::string text_of(const T& object) {
  std::vector<std::string> defaults;
  const T plain{};
  T::visit(plain, [&](const std::string&, const auto& option) {
    defaults.push_back(write(option));
  });
  std::string options;
  std::size_t i = 0;
  T::visit(object, [&](const std::string& name, const auto& option) {
    const std::string text = write(option);
    if (text != defaults[i++]) {
      options += concat(options.empty() ? "" : ",", name, "=", text);
    }
  });
  if (options.empty()) return std::string(T::kName);
  return concat(T::kName, "(", options, ")");
}

}  // namespace lathe
