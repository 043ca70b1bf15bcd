#include "layer_scale.h"

#include <nlohmann/json.hpp>

#include "layers/config_reader.h"

namespace {

using namespace lathe;

class LayerScaleDefinition final : public layers::Definition {
 public:
  explicit LayerScaleDefinition(LayerScaleOptions options)
      : Definition("LayerScale", options.name),
        initial_value_(options.initial_value) {}

  nlohmann::json config() const override {
    nlohmann::json config = base_config();
    config["initial_value"] = initial_value_;
    return config;
  }

  Shape output_shape(const std::vector<Shape>& inputs) const override {
    return single(inputs);
  }

  // Gradients, fusion and devices follow from the operations.
  graph::ValueId lower(
      layers::Lowering& lowering,
      const std::vector<graph::ValueId>& inputs) const override {
    return lowering.graph().apply(
        graph::Multiply{}, {inputs[0], lowering.weight(weights()[0])}, name());
  }

 private:
  void create_weights(const std::vector<Shape>& inputs) override {
    add_weight("gamma", {inputs[0].back()},
               layers::Constant{.value = initial_value_});
  }

  double initial_value_;
};

}  // namespace

LayerScale::LayerScale(LayerScaleOptions options)
    : Layer(std::make_shared<LayerScaleDefinition>(std::move(options))) {}

lathe::layers::Layer LayerScale::from_config(const nlohmann::json& config) {
  LayerScaleOptions options;
  lathe::layers::ConfigReader read("LayerScale", config);
  read("name", options.name);
  read("initial_value", options.initial_value);
  read.finish();
  return LayerScale(std::move(options));
}
