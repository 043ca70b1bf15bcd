#include "layers/config_reader.h"

#include <nlohmann/json.hpp>

#include "core/error.h"

namespace lathe::layers {
namespace {

using nlohmann::json;

bool is_integers(const json& value, std::size_t count) {
  if (!value.is_array() || value.size() != count) return false;
  for (const json& entry : value) {
    if (!entry.is_number_integer()) return false;
  }
  return true;
}

}  // namespace

ConfigReader::ConfigReader(std::string_view class_name, const json& config)
    : class_name_(class_name), config_(config) {
  if (!config.is_object()) {
    fail(class_name, ": its config is ", config.dump(), ", not an object");
  }
  (*this)("name", layer_name_);
  ignore("trainable");
  const json& dtype = raw("dtype");
  const json& name = dtype.is_object() && dtype.contains("config")
                         ? dtype["config"].value("name", json())
                         : dtype;
  if (!name.is_null() && name != "float32") refuse("dtype", "float32");
}

const json& ConfigReader::raw(const std::string& key) {
  static const json null;
  read_.insert(key);
  const auto entry = config_.find(key);
  return entry == config_.end() ? null : *entry;
}

void ConfigReader::refuse(const std::string& key,
                          const std::string& expected) const {
  fail(class_name_, " '", layer_name_, "': the option ", key, " is ",
       config_.at(key).dump(), "; it can be ", expected);
}

void ConfigReader::operator()(const std::string& key, std::int64_t& value) {
  const json& given = raw(key);
  if (given.is_null()) return;
  if (!given.is_number_integer()) refuse(key, "an integer");
  value = given.get<std::int64_t>();
}

void ConfigReader::operator()(const std::string& key,
                              std::optional<std::int64_t>& value) {
  if (raw(key).is_null()) return;
  (*this)(key, value.emplace());
}

void ConfigReader::operator()(const std::string& key, double& value) {
  const json& given = raw(key);
  if (given.is_null()) return;
  if (!given.is_number()) refuse(key, "a number");
  value = given.get<double>();
}

void ConfigReader::operator()(const std::string& key, bool& value) {
  const json& given = raw(key);
  if (given.is_null()) return;
  if (!given.is_boolean()) refuse(key, "true or false");
  value = given.get<bool>();
}

void ConfigReader::operator()(const std::string& key, std::string& value) {
  const json& given = raw(key);
  if (given.is_null()) return;
  if (!given.is_string()) refuse(key, "a text");
  value = given.get<std::string>();
}

void ConfigReader::operator()(const std::string& key, Pair& value) {
  const json& given = raw(key);
  if (given.is_null()) return;
  if (given.is_number_integer()) {
    value = Pair(given.get<std::int64_t>());
  } else if (is_integers(given, 2)) {
    value = {given[0].get<std::int64_t>(), given[1].get<std::int64_t>()};
  } else {
    refuse(key, "one or two integers");
  }
}

void ConfigReader::operator()(const std::string& key,
                              std::optional<Pair>& value) {
  if (raw(key).is_null()) return;
  (*this)(key, value.emplace());
}

void ConfigReader::operator()(const std::string& key, Padding& value) {
  std::string text = "valid";
  (*this)(key, text);
  if (text != "valid" && text != "same") refuse(key, "valid or same");
  value = text == "same" ? Padding::same : Padding::valid;
}

void ConfigReader::operator()(const std::string& key,
                              ActivationFunction& value) {
  const json& given = raw(key);
  if (given.is_null()) return;
  if (!given.is_string()) refuse(key, "the name of an activation");
  try {
    value = activation_from(given.get<std::string>());
  } catch (const Error& error) {
    fail(class_name_, " '", layer_name_, "': ", key, ": ", error.what());
  }
}

void ConfigReader::operator()(const std::string& key, Initializer& value) {
  const json& given = raw(key);
  if (given.is_null()) return;
  try {
    value = initializer_from_config(given);
  } catch (const Error& error) {
    fail(class_name_, " '", layer_name_, "': ", key, ": ", error.what());
  }
}

void ConfigReader::operator()(const std::string& key,
                              std::vector<std::int64_t>& value) {
  const json& given = raw(key);
  if (given.is_null()) return;
  if (!given.is_array()) refuse(key, "a list of integers");
  value.clear();
  for (const json& entry : given) {
    if (!entry.is_null() && !entry.is_number_integer()) {
      refuse(key, "a list of integers");
    }
    value.push_back(entry.is_null() ? -1 : entry.get<std::int64_t>());
  }
}

void ConfigReader::operator()(const std::string& key,
                              std::vector<double>& value) {
  const json& given = raw(key);
  if (given.is_null()) return;
  value.clear();
  for (const json& entry : given.is_array() ? given : json::array({given})) {
    if (!entry.is_number()) refuse(key, "a number or a list of numbers");
    value.push_back(entry.get<double>());
  }
}

void ConfigReader::require(const std::string& key, const json& only) {
  const json& given = raw(key);
  if (!given.is_null() && given != only) refuse(key, only.dump());
}

void ConfigReader::finish() const {
  for (const auto& [key, value] : config_.items()) {
    if (!value.is_null() && read_.count(key) == 0) {
      fail(class_name_, " '", layer_name_, "': the option ", key, " (",
           value.dump(), ") is not supported");
    }
  }
}

}  // namespace lathe::layers
