#include "layers/flatten.h"

#include <nlohmann/json.hpp>

#include "layers/config_reader.h"

namespace lathe::layers {
namespace {

using nlohmann::json;

class FlattenDefinition final : public Definition {
 public:
  explicit FlattenDefinition(FlattenOptions options)
      : Definition("Flatten", std::move(options.name)) {}

  json config() const override {
    json config = base_config();
    config["data_format"] = "channels_last";
    return config;
  }

  Shape output_shape(const std::vector<Shape>& inputs) const override {
    const Shape& shape = single(inputs);
    return {shape[0], shape.elements() / shape[0]};
  }

  graph::ValueId lower(
      Lowering& lowering,
      const std::vector<graph::ValueId>& inputs) const override {
    graph::Graph& graph = lowering.graph();
    return graph.apply(
        graph::Reshape{.shape = output_shape({graph.shape(inputs[0])})},
        {inputs[0]}, name());
  }
};

}  // namespace

Flatten::Flatten(FlattenOptions options)
    : Layer(std::make_shared<FlattenDefinition>(std::move(options))) {}

Layer Flatten::from_config(const json& config) {
  FlattenOptions options;
  ConfigReader read("Flatten", config);
  read("name", options.name);
  read.require("data_format", "channels_last");
  read.finish();
  return Flatten(std::move(options));
}

}  // namespace lathe::layers
