#include "augment/layer.h"

#include <nlohmann/json.hpp>

#include "augment/json.h"
#include "augment/parse.h"
#include "layers/config_reader.h"

namespace lathe::augment {

namespace {

using layers::ConfigReader;
using layers::Layer;
using nlohmann::json;

/// A Keras layer and the operation that it is.
struct KerasClass {
  std::string_view name;
  std::string_view operation;
  layers::Layer (*from_config)(const json&);
};

const KerasClass& keras_class(std::string_view operation);

/// Keras takes the two ends of a range in any order.
json sorted(json value) {
  if (value.is_array() && value.size() == 2 && value[0].is_number() &&
      value[1].is_number() && value[0] > value[1]) {
    std::swap(value[0], value[1]);
  }
  return value;
}

/// Keras' factors of a contrast say how far down and how far up.
bool is_contrast(std::string_view class_name) {
  return class_name == "RandomContrast";
}

class AugmentationDefinition final : public layers::Definition {
 public:
  AugmentationDefinition(Augmentation operation, LayerOptions options)
      : Definition(keras_class(operation.name()).name, options.name),
        operation_(std::move(operation)),
        options_(std::move(options)) {
    const ValueRange& range = options_.value_range;
    if (!(range.low < range.high)) {
      refuse("value_range is ", range.low, " to ", range.high,
             "; black must be below white");
    }
    for (const auto& [name, text] : operation_.options()) {
      if ((name == "shared_bit" && text == "true") ||
          (name == "fill_mode" && text == "mirror") ||
          (name == "interpolation" && text == "bicubic")) {
        refuse(name, " is ", text,
               ", which the Keras layer can't say; a Pipeline can do it");
      }
    }
    if (is_contrast(class_name())) {
      const json factor = option_json(operation_.options()[0].second);
      if (factor.is_array() &&
          -factor[0].get<double>() > factor[1].get<double>()) {
        refuse("factor is ", operation_.options()[0].second,
               ", which reaches further down than up; Keras sorts the two, so "
               "its layer can't say that; a Pipeline can do it");
      }
    }
  }

  json config() const override {
    const ValueRange& range = options_.value_range;
    json config = base_config();
    config["data_format"] = "channels_last";
    config["seed"] = options_.seed ? json(*options_.seed) : json();
    if (operation_.changes_colors()) {
      config["value_range"] = {range.low, range.high};
    }
    json first;
    for (const auto& [name, text] : operation_.options()) {
      if (name == "shared_bit") continue;
      json value = option_json(text);
      if (name == "factor" && value.is_number()) {
        value = json::array({-value.get<double>(), value});
      }
      if (is_contrast(class_name())) {
        value[0] = -value[0].get<double>();
      } else if (name == "fill_value") {
        value = range.low + value.get<float>() * (range.high - range.low);
      } else if (name == "width_factor" && value.is_null() &&
                 class_name() == "RandomTranslation") {
        value = first;
      }
      if (first.is_null()) first = value;
      config[name] = std::move(value);
    }
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
  Augmentation operation_;
  LayerOptions options_;
};

template <class T>
Layer from_config(const json& config) {
  const KerasClass& keras = keras_class(T::kName);
  LayerOptions options;
  ConfigReader read(keras.name, config);
  read("name", options.name);
  read("seed", options.seed);
  read.require("data_format", "channels_last");
  if (Coloring<T>) {
    std::vector<double> range{options.value_range.low,
                              options.value_range.high};
    read("value_range", range);
    if (range.size() != 2) read.refuse("value_range", "two numbers");
    options.value_range = {.low = static_cast<float>(range[0]),
                           .high = static_cast<float>(range[1])};
  }
  OptionTexts texts;
  for (const auto& [name, text] : options_of(T{})) {
    if (name == "shared_bit" || !config.contains(name)) continue;
    const json& value = read.raw(name);
    if (name == "fill_value" && value.is_number()) {
      const ValueRange& range = options.value_range;
      texts[name] =
          write((value.get<float>() - range.low) / (range.high - range.low));
    } else if (is_contrast(keras.name) && value.is_array()) {
      std::vector<double> factors;
      read(name, factors);
      if (factors.size() != 2) read.refuse(name, "a number or two");
      std::ranges::sort(factors);
      texts[name] = option_text(json::array({-factors[0], factors[1]}));
    } else {
      texts[name] = option_text(sorted(value));
    }
  }
  read.finish();
  try {
    return layer(operation_from<T>(std::move(texts)), std::move(options));
  } catch (const Error& error) {
    fail(keras.name, " '", config.value("name", ""), "': ", error.what());
  }
}

/// Every operation that Keras has a layer for.
constexpr std::array kKerasClasses{
    KerasClass{"RandomBrightness", RandomBrightness::kName,
               from_config<RandomBrightness>},
    KerasClass{"RandomContrast", RandomContrast::kName,
               from_config<RandomContrast>},
    KerasClass{"RandomFlip", RandomFlip::kName, from_config<RandomFlip>},
    KerasClass{"RandomRotation", RandomRotation::kName,
               from_config<RandomRotation>},
    KerasClass{"RandomTranslation", RandomTranslation::kName,
               from_config<RandomTranslation>},
    KerasClass{"RandomZoom", RandomZoom::kName, from_config<RandomZoom>},
};

const KerasClass& keras_class(std::string_view operation) {
  for (const KerasClass& keras : kKerasClasses) {
    if (keras.operation == operation) return keras;
  }
  fail("augmentation '", operation, "' is no Keras layer; a Pipeline has it");
}

}  // namespace

Layer layer(const Augmentation& operation, LayerOptions options) {
  return Layer(
      std::make_shared<AugmentationDefinition>(operation, std::move(options)));
}

const layers::Factories& layer_factories() {
  static const layers::Factories factories = [] {
    layers::Factories all;
    for (const KerasClass& keras : kKerasClasses) {
      all.emplace(keras.name, keras.from_config);
    }
    return all;
  }();
  return factories;
}

}  // namespace lathe::augment
