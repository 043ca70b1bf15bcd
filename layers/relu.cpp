#include "layers/relu.h"

#include <nlohmann/json.hpp>

#include "layers/config_reader.h"

namespace lathe::layers {
namespace {

using nlohmann::json;

class ReLUDefinition final : public Definition {
 public:
  explicit ReLUDefinition(ReLUOptions options)
      : Definition("ReLU", std::move(options.name)) {}

  json config() const override {
    json config = base_config();
    config.update(
        {{"max_value", nullptr}, {"negative_slope", 0.0}, {"threshold", 0.0}});
    return config;
  }

  Shape output_shape(const std::vector<Shape>& inputs) const override {
    return single(inputs);
  }

  graph::ValueId lower(
      Lowering& lowering,
      const std::vector<graph::ValueId>& inputs) const override {
    return apply_activation(lowering.graph(), ActivationFunction::relu,
                            inputs[0], name());
  }
};

}  // namespace

ReLU::ReLU(ReLUOptions options)
    : Layer(std::make_shared<ReLUDefinition>(std::move(options))) {}

Layer ReLU::from_config(const json& config) {
  ReLUOptions options;
  ConfigReader read("ReLU", config);
  read("name", options.name);
  read.require("max_value", nullptr);
  read.require("negative_slope", 0.0);
  read.require("threshold", 0.0);
  read.finish();
  return ReLU(std::move(options));
}

}  // namespace lathe::layers
