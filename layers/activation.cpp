#include "layers/activation.h"

#include <nlohmann/json.hpp>

#include "layers/config_reader.h"

namespace lathe::layers {
namespace {

using nlohmann::json;

class ActivationDefinition final : public Definition {
 public:
  explicit ActivationDefinition(ActivationOptions options)
      : Definition("Activation", options.name), options_(std::move(options)) {}

  json config() const override {
    json config = base_config();
    config["activation"] = options_.activation;
    return config;
  }

  Shape output_shape(const std::vector<Shape>& inputs) const override {
    return single(inputs);
  }

  graph::ValueId lower(
      Lowering& lowering,
      const std::vector<graph::ValueId>& inputs) const override {
    return apply_activation(lowering.graph(), options_.activation, inputs[0],
                            name());
  }

 private:
  ActivationOptions options_;
};

}  // namespace

Activation::Activation(ActivationOptions options)
    : Layer(std::make_shared<ActivationDefinition>(std::move(options))) {}

Layer Activation::from_config(const json& config) {
  ActivationOptions options;
  ConfigReader read("Activation", config);
  read("name", options.name);
  read("activation", options.activation);
  read.finish();
  return Activation(std::move(options));
}

}  // namespace lathe::layers
