#include "augment/layer.h"

#include <nlohmann/json.hpp>

#include "augment/json.h"
#include "augment/keras_class.h"
#include "augment/parse.h"
#include "layers/config_reader.h"

namespace lathe::augment {

namespace {

using layers::ConfigReader;
using layers::Layer;
using nlohmann::json;

const KerasClass& keras_class(std::string_view operation) {
  for (const KerasClass& keras : keras_classes()) {
    if (keras.operation == operation) return keras;
  }
  fail("augmentation '", operation, "' is no Keras layer; a Pipeline has it");
}

class AugmentationDefinition final : public layers::Definition {
 public:
  AugmentationDefinition(Augmentation operation, LayerOptions options)
      : Definition(keras_class(operation.name()).name, options.name),
        operation_(std::move(operation)),
        options_(std::move(options)) {
    const KerasClass& keras = keras_class(operation_.name());
    const ValueRange& range = options_.value_range;
    if (!(range.low < range.high)) {
      refuse("value_range is ", range.low, " to ", range.high,
             "; black must be below white");
    }
    if (keras.black_is_zero && range.low != 0) {
      refuse("value_range is ", range.low, " to ", range.high,
             "; the Keras layer takes black as 0");
    }
    if (keras.value_range) said_["value_range"] = {range.low, range.high};
    for (const KerasOption& option : keras.options) say(option);
    // Keras' translation has two.
    if (keras.name == "RandomTranslation" && said_["width_factor"].is_null()) {
      said_["width_factor"] = said_["height_factor"];
    }
  }

  json config() const override {
    json config = base_config();
    config["data_format"] = "channels_last";
    config["seed"] = options_.seed ? json(*options_.seed) : json();
    config.update(said_);
    return config;
  }

  Shape output_shape(const std::vector<Shape>& inputs) const override {
    return single_image(inputs);
  }

  graph::ValueId lower(
      layers::Lowering& lowering,
      const std::vector<graph::ValueId>& inputs) const override {
    if (!lowering.training()) return inputs[0];
    return lowering.graph().apply(
        graph::Augmentation{
            effect_of(Pipeline({operation_},
                               {.first_number = lowering.next_augmentation()}),
                      options_.value_range)},
        {inputs[0], lowering.draw()}, name());
  }

 private:
  /// Adds an option to what the config says.
  void say(const KerasOption& option) {
    const std::string key(option.key);
    std::string text(option.only);
    for (const auto& [name, value] : operation_.options()) {
      if (name == option.option) text = value;
    }
    std::optional<json> value = option_json(text);
    std::string_view limit;
    if (option.translation != nullptr) {
      value = option.translation->to_keras(text, options_.value_range);
      limit = option.translation->limit;
    } else if (text != option.only) {
      value.reset();
    }
    if (!value) {
      refuse(option.option, " is ", text, ", which the Keras layer can't say",
             limit.empty() ? "" : ": ", limit, "; a Pipeline can do it");
    }
    if (!key.empty() && !value->is_discarded()) said_[key] = std::move(*value);
  }

  Augmentation operation_;
  LayerOptions options_;
  json said_ = json::object();
};

Layer from_config(const KerasClass& keras, const json& config) {
  LayerOptions options;
  ConfigReader read(keras.name, config);
  read("name", options.name);
  read("seed", options.seed);
  read.require("data_format", "channels_last");
  if (keras.value_range) {
    std::vector<double> range{options.value_range.low,
                              options.value_range.high};
    read("value_range", range);
    if (range.size() != 2) read.refuse("value_range", "two numbers");
    options.value_range = {.low = static_cast<float>(range[0]),
                           .high = static_cast<float>(range[1])};
  }
  OptionTexts texts;
  for (const KerasOption& option : keras.options) {
    const std::string name(option.option);
    const std::string key(option.key);
    if (option.translation == nullptr) {
      if (!name.empty()) texts[name] = option.only;
      if (!key.empty()) read.require(key, option_json(option.only));
      continue;
    }
    const json& value = read.raw(key);
    if (value.is_null() && !option.translation->null_counts) continue;
    const auto text =
        option.translation->from_keras(value, options.value_range);
    if (!text) {
      const std::string_view limit = option.translation->limit;
      read.refuse(key, limit.empty()
                           ? "a number or a pair"
                           : concat("what both say alike; in Keras, ", limit));
    }
    texts[name] = *text;
  }
  read.finish();
  try {
    return layer(augmentation_from(keras.operation, std::move(texts)),
                 std::move(options));
  } catch (const Error& error) {
    fail(keras.name, " '", config.value("name", ""), "': ", error.what());
  }
}

}  // namespace

Layer layer(const Augmentation& operation, LayerOptions options) {
  return Layer(
      std::make_shared<AugmentationDefinition>(operation, std::move(options)));
}

const layers::Factories& layer_factories() {
  static const layers::Factories factories = [] {
    layers::Factories all;
    for (const KerasClass& keras : keras_classes()) {
      all.emplace(keras.name, [&keras](const json& config) {
        return from_config(keras, config);
      });
    }
    return all;
  }();
  return factories;
}

}  // namespace lathe::augment
