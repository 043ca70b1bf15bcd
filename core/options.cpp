#include "core/options.h"

#include <array>
#include <charconv>
#include <cmath>

#include "core/suggestion.h"

namespace lathe {
namespace {

template <class T>
T number(std::string_view text, const char* kind) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || stop != end || error != std::errc{}) {
    fail("'", text, "' is not ", kind);
  }
  return value;
}

template <class T>
std::string digits(T value) {
  std::array<char, 32> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

template <class T>
std::string joined(const std::vector<T>& values) {
  std::string text;
  for (const T& value : values) {
    text += concat(text.empty() ? "" : ":", value);
  }
  return text;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(at);
    parts.push_back(trimmed(text.substr(0, end)));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::string write(bool value) {
  return value ? "true" : "false";
}
std::string write(std::int64_t value) {
  return digits(value);
}
std::string write(double value) {
  return digits(value);
}
std::string write(const std::string& value) {
  return value;
}
std::string write(const std::vector<std::int64_t>& value) {
  return joined(value);
}
std::string write(const std::vector<double>& value) {
  std::vector<std::string> texts;
  texts.reserve(value.size());
  for (const double each : value) texts.push_back(write(each));
  return joined(texts);
}
std::string write(const std::vector<std::string>& value) {
  return joined(value);
}

void read(std::string_view text, bool& value) {
  if (text != "true" && text != "false") {
    fail("'", text, "' is neither true nor false");
  }
  value = text == "true";
}

void read(std::string_view text, std::int64_t& value) {
  value = number<std::int64_t>(text, "a whole number");
}

void read(std::string_view text, double& value) {
  value = number<double>(text, "a number");
  if (!std::isfinite(value)) fail("'", text, "' is not a finite number");
}

void read(std::string_view text, std::string& value) {
  value = text;
}

void read(std::string_view text, std::vector<std::int64_t>& value) {
  value.clear();
  for (const std::string_view part : split(text, ':')) {
    read(part, value.emplace_back());
  }
}

void read(std::string_view text, std::vector<double>& value) {
  value.clear();
  for (const std::string_view part : split(text, ':')) {
    read(part, value.emplace_back());
  }
}

void read(std::string_view text, std::vector<std::string>& value) {
  value.clear();
  for (const std::string_view part : split(text, ':')) {
    value.emplace_back(part);
  }
}

NamedOptions parse_named_options(std::string_view what, std::string_view text) {
  const std::string_view whole = trimmed(text);
  const std::size_t end = whole.find_first_of("=(");
  NamedOptions named{.name = std::string(trimmed(whole.substr(0, end)))};
  if (end == std::string_view::npos) return named;
  if (whole[end] == '=') {
    named.options.emplace("", trimmed(whole.substr(end + 1)));
    return named;
  }
  if (whole.back() != ')') {
    fail(what, " '", text, "' should end with a parenthesis");
  }
  const std::string_view inside =
      trimmed(whole.substr(end + 1, whole.size() - end - 2));
  if (inside.empty()) return named;
  for (const std::string_view option : split(inside, ',')) {
    const std::size_t equals = option.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      fail(what, " '", text, "': '", option, "' should be option=value");
    }
    const std::string name(trimmed(option.substr(0, equals)));
    if (!named.options.emplace(name, trimmed(option.substr(equals + 1)))
             .second) {
      fail(what, " '", text, "': ", name, " is given twice");
    }
  }
  return named;
}

void refuse_name(std::string_view what, std::string_view name,
                 const std::vector<std::string>& known) {
  fail("no ", what, " '", name, "'", suggestion(name, known));
}

}  // namespace lathe
