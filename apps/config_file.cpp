#include "apps/config_file.h"

#include <toml++/toml.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "core/error.h"
#include "core/suggestion.h"

namespace lathe::apps {
namespace {

using nlohmann::ordered_json;

// What an option takes, by the name that CLI11 gives its type.
enum class ValueKind { flag, whole_number, count, number, text };

ValueKind kind_of(const CLI::Option& option) {
  if (option.get_expected_max() == 0) return ValueKind::flag;
  const std::string type = option.get_type_name();
  const auto begins = [&](std::string_view name) {
    return type.compare(0, name.size(), name) == 0;
  };
  if (begins("INT")) return ValueKind::whole_number;
  if (begins("UINT")) return ValueKind::count;
  return begins("FLOAT") ? ValueKind::number : ValueKind::text;
}

std::string_view name_of(ValueKind kind) {
  switch (kind) {
    case ValueKind::flag:
      return "true or false";
    case ValueKind::whole_number:
      return "a whole number";
    case ValueKind::count:
      return "a whole number of 0 or more";
    case ValueKind::number:
      return "a number";
    case ValueKind::text:
      break;
  }
  return "a text";
}

// The value as on a command line, or nothing where the option takes no such. A
// text may be a whole number, as of layers to freeze; a count a text, for TOML
// has no numbers above 2^63 - 1.
std::optional<std::string> text_of(ValueKind kind, const toml::node& value) {
  if (const auto* truth = value.as_boolean()) {
    if (kind != ValueKind::flag) return {};
    return truth->get() ? "true" : "false";
  }
  if (const auto* number = value.as_integer()) {
    // CLI11 takes negative counts for large ones.
    const bool fits = kind != ValueKind::count || number->get() >= 0;
    if (kind == ValueKind::flag || !fits) return {};
    return std::to_string(number->get());
  }
  if (const auto* number = value.as_floating_point()) {
    if (kind != ValueKind::number) return {};
    return ordered_json(number->get()).dump();
  }
  if (const auto* text = value.as_string()) {
    if (kind != ValueKind::text && kind != ValueKind::count) return {};
    return text->get();
  }
  return {};
}

// What a file says, as a command line.
class ConfigReader {
 public:
  ConfigReader(CLI::App& app, std::string path)
      : app_(app), path_(std::move(path)) {
    for (const CLI::Option* option : app.get_options()) {
      const std::string& name = option->get_lnames().at(0);
      if (name != "help" && name != "config") known_.push_back(name);
    }
  }

  std::vector<std::string> arguments() {
    try {
      const toml::table table = toml::parse_file(path_);
      for (const auto& [key, value] : table) {
        add(std::string(key.str()), value, key.source().begin.line);
      }
    } catch (const toml::parse_error& error) {
      const auto line = error.source().begin.line;
      refuse(line, error.description());
    }
    return std::move(arguments_);
  }

 private:
  void add(const std::string& key, const toml::node& value,
           toml::source_index line) {
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
      refuse(line, app_.get_name(), " has no option ", key,
             suggestion(key, known_));
    }
    CLI::Option& option = *app_.get_option("--" + key);
    const ValueKind kind = kind_of(option);
    const std::optional<std::string> text = text_of(kind, value);
    if (!text) {
      refuse(line, key, " is of the type ", value.type(), "; it takes ",
             name_of(kind));
    }
    // As run.toml has what was left out.
    if (text->empty() && option.get_default_str().empty()) return;
    try {
      option.add_result(*text);
      option.run_callback();
    } catch (const CLI::ParseError& error) {
      refuse(line, key, ": ", error.what());
    }
    option.clear();
    if (kind == ValueKind::flag) {
      if (*text == "true") arguments_.push_back("--" + key);
      return;
    }
    arguments_.push_back("--" + key);
    arguments_.push_back(*text);
  }

  template <class... Parts>
  [[noreturn]] void refuse(toml::source_index line, const Parts&... parts) {
    throw CLI::ConfigError(
        concat(path_, line > 0 ? concat(":", line) : "", ": ", parts...));
  }

  CLI::App& app_;
  std::string path_;
  std::vector<std::string> known_;
  std::vector<std::string> arguments_;
};

// The last --config among the arguments.
std::optional<std::string> config_in(const std::vector<std::string>& texts) {
  constexpr std::string_view kName = "--config";
  std::optional<std::string> path;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i] == kName && i + 1 < texts.size()) path = texts[i + 1];
    if (texts[i].starts_with("--config=")) {
      path = texts[i].substr(kName.size() + 1);
    }
  }
  return path;
}

}  // namespace

void parse_with_config(CLI::App& app, int count, const char* const* arguments) {
  app.add_option(
         "--config", [](const CLI::results_t&) { return true; },
         "A TOML file with an option a line, such as a run's run.toml; what "
         "the command line says counts more")
      ->type_name("TEXT");
  const std::vector<std::string> own(arguments + 1, arguments + count);
  std::vector<std::string> all;
  if (const auto path = config_in(own)) {
    all = ConfigReader(app, *path).arguments();
  }
  all.insert(all.end(), own.begin(), own.end());
  // CLI11 takes them from the end.
  std::reverse(all.begin(), all.end());
  app.parse(std::move(all));
}

std::string options_json(const CLI::App& app) {
  const std::set<std::string> left_out{"help", "config", "summary"};
  ordered_json json;
  for (const CLI::Option* option : app.get_options()) {
    const std::string& name = option->get_lnames().at(0);
    if (left_out.contains(name)) continue;
    switch (kind_of(*option)) {
      case ValueKind::flag:
        json[name] = option->count() > 0 && option->as<bool>();
        break;
      case ValueKind::whole_number:
        json[name] = option->as<std::int64_t>();
        break;
      case ValueKind::count:
        json[name] = option->as<std::uint64_t>();
        break;
      case ValueKind::number:
        json[name] = option->as<double>();
        break;
      case ValueKind::text:
        json[name] = option->count() > 0 ? option->results().back()
                                         : option->get_default_str();
    }
  }
  // Names of files may be any bytes.
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string config_of(const std::string& options_json) {
  const auto options = ordered_json::parse(options_json);
  std::string text;
  for (const auto& [name, value] : options.items()) {
    // JSON's numbers and texts are TOML's, but for numbers of 64 bits.
    const bool large =
        value.is_number_unsigned() &&
        value.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max();
    text +=
        concat(name, " = ", large ? ordered_json(value.dump()) : value, "\n");
  }
  return text;
}

}  // namespace lathe::apps
