#include "models/training_state.h"

#include <nlohmann/json.hpp>

#include "layers/layer.h"

namespace lathe::models {

namespace {

using nlohmann::json;

json keras_object(std::string_view module, std::string_view class_name,
                  json config) {
  return {{"module", module},
          {"class_name", class_name},
          {"config", std::move(config)},
          {"registered_name", nullptr}};
}

json loss_object(const TrainingState& state) {
  static const std::map<std::string, std::string> classes{
      {"binary_crossentropy", "BinaryCrossentropy"},
      {"categorical_crossentropy", "CategoricalCrossentropy"},
      {"sparse_categorical_crossentropy", "SparseCategoricalCrossentropy"},
      {"binary_focal_crossentropy", "BinaryFocalCrossentropy"},
      {"categorical_focal_crossentropy", "CategoricalFocalCrossentropy"},
      {"dice", "Dice"}};
  json config = json::parse(state.loss_options);
  config["name"] = state.loss;
  config["reduction"] = "sum_over_batch_size";
  if (state.loss != "dice") config["from_logits"] = state.from_logits;
  if (state.loss == "sparse_categorical_crossentropy") {
    // Keras has no smoothing of class ids.
    config["ignore_class"] = state.ignore_class;
  } else if (state.loss != "dice") {
    config["label_smoothing"] = state.label_smoothing;
  }
  const auto known = classes.find(state.loss);
  return keras_object(
      "keras.losses",
      known == classes.end() ? "BinaryCrossentropy" : known->second,
      std::move(config));
}

}  // namespace

json compile_config(const TrainingState& state) {
  json optimizer = {{"name", layers::snake_case(state.optimizer)}};
  for (const auto& option : state.options) {
    std::visit([&](auto value) { optimizer[option.first] = value; },
               option.second);
  }
  return {{"optimizer", keras_object("keras.optimizers", state.optimizer,
                                     std::move(optimizer))},
          {"loss", loss_object(state)},
          {"loss_weights", nullptr},
          {"metrics", state.metrics},
          {"weighted_metrics", nullptr},
          {"run_eagerly", false},
          {"steps_per_execution", 1},
          {"jit_compile", "auto"}};
}

TrainingState training_state_from(const json& compile_config) {
  TrainingState state;
  const json& optimizer = compile_config.at("optimizer");
  if (optimizer.is_object()) {
    state.optimizer = optimizer.at("class_name").get<std::string>();
    for (const auto& [name, value] : optimizer.at("config").items()) {
      if (value.is_boolean()) {
        state.options[name] = value.get<bool>();
      } else if (value.is_number_integer()) {
        state.options[name] = value.get<std::int64_t>();
      } else if (value.is_number()) {
        state.options[name] = value.get<double>();
      }
    }
  }
  const json loss = compile_config.value("loss", json());
  if (loss.is_string()) {
    state.loss = loss.get<std::string>();
  } else if (loss.is_object() && loss.contains("config") &&
             loss.at("config").is_object()) {
    const json& config = loss.at("config");
    state.loss = config.value("name", state.loss);
    state.from_logits = config.value("from_logits", false);
    state.label_smoothing = config.value("label_smoothing", 0.0);
  }
  state.metrics.clear();
  const json metrics = compile_config.value("metrics", json());
  for (const json& metric : metrics) {
    if (metric.is_string()) state.metrics.push_back(metric);
  }
  return state;
}

}  // namespace lathe::models
