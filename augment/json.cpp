#include "augment/json.h"

#include <charconv>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "augment/parse.h"
#include "core/error.h"
#include "layers/parse_json.h"

namespace lathe::augment {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

template <class T>
bool is_number(std::string_view text, T& value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return !text.empty() && stop == end && error == std::errc{};
}

/// A whole number where that says the same.
json number_json(std::string_view text) {
  std::int64_t whole = 0;
  if (is_number(text, whole)) return whole;
  double number = 0;
  return is_number(text, number) ? json(number) : json();
}

ordered_json list_of(const std::vector<Augmentation>& operations) {
  ordered_json list = ordered_json::array();
  for (const Augmentation& operation : operations) {
    ordered_json object{{"name", operation.name()}};
    for (const auto& [name, text] : operation.changed_options()) {
      object[name] = option_json(text);
    }
    const std::vector<Augmentation> children = operation.operations();
    if (!children.empty()) object["operations"] = list_of(children);
    list.push_back(std::move(object));
  }
  return list;
}

std::vector<Augmentation> operations_in(const json& list);

Augmentation operation_in(const json& object) {
  const auto name = object.is_object() ? object.find("name") : object.end();
  if (name == object.end() || !name->is_string()) {
    fail("augmentation ", object.dump(),
         ": it should be an object with a name, such as {\"name\": \"flip\"}");
  }
  OptionTexts options;
  std::vector<Augmentation> operations;
  for (const auto& [key, value] : object.items()) {
    if (key == "name") continue;
    if (key == "operations") {
      operations = operations_in(value);
    } else {
      options.emplace(key, option_text(value));
    }
  }
  try {
    return augmentation_from(name->get<std::string>(), std::move(options),
                             std::move(operations));
  } catch (const Error& error) {
    fail("augmentation ", object.dump(), ": ", error.what());
  }
}

std::vector<Augmentation> operations_in(const json& list) {
  if (!list.is_array()) {
    fail("augmentation ", list.dump(), ": it should be a list of operations");
  }
  std::vector<Augmentation> operations;
  for (const json& object : list) operations.push_back(operation_in(object));
  return operations;
}

}  // namespace

ordered_json to_json(const Pipeline& pipeline) {
  return list_of(pipeline.augmentations());
}

Pipeline from_json(std::string_view text, PipelineOptions options) {
  try {
    return Pipeline(operations_in(layers::parse_json(text)), options);
  } catch (const json::exception& error) {
    fail("augmentation: ", error.what());
  }
}

Pipeline read_pipeline(const std::string& text, PipelineOptions options) {
  if (!text.ends_with(".json")) return parse(text, options);
  std::ifstream file(text);
  std::ostringstream content;
  content << file.rdbuf();
  if (!file) fail(text, ": no such file, or it can't be read");
  try {
    return from_json(content.str(), options);
  } catch (const Error& error) {
    fail(text, ": ", error.what());
  }
}

json option_json(std::string_view text) {
  if (text == "none") return nullptr;
  if (text == "true" || text == "false") return text == "true";
  json one = number_json(text);
  if (!one.is_null()) return one;
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    one = number_json(text.substr(0, colon));
    json other = number_json(text.substr(colon + 1));
    if (!one.is_null() && !other.is_null()) {
      return json::array({std::move(one), std::move(other)});
    }
  }
  return text;
}

std::string option_text(const json& value) {
  if (value.is_null()) return "none";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_number_integer()) return value.dump();
  if (value.is_number()) return write(value.get<float>());
  if (value.is_array() && value.size() == 2 && value[0].is_number() &&
      value[1].is_number()) {
    return concat(option_text(value[0]), ":", option_text(value[1]));
  }
  return value.dump();
}

}  // namespace lathe::augment
