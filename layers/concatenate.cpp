#include "layers/concatenate.h"

#include <nlohmann/json.hpp>

#include "layers/config_reader.h"

namespace lathe::layers {
namespace {

using nlohmann::json;

class ConcatenateDefinition final : public Definition {
 public:
  explicit ConcatenateDefinition(ConcatenateOptions options)
      : Definition("Concatenate", options.name), options_(std::move(options)) {}

  json config() const override {
    json config = base_config();
    config["axis"] = options_.axis;
    return config;
  }

  Shape output_shape(const std::vector<Shape>& inputs) const override {
    if (inputs.size() < 2) {
      refuse("joins two or more inputs, not ", inputs.size());
    }
    Shape joined = inputs[0];
    const std::size_t axis = axis_of(joined);
    for (std::size_t i = 1; i < inputs.size(); ++i) {
      Shape expected = inputs[0];
      if (inputs[i].rank() == expected.rank()) expected[axis] = inputs[i][axis];
      if (inputs[i] != expected) {
        refuse("inputs of shapes ", inputs[0], " and ", inputs[i],
               "; they may differ along axis ", axis, " only");
      }
      joined[axis] += inputs[i][axis];
    }
    return joined;
  }

  graph::ValueId lower(
      Lowering& lowering,
      const std::vector<graph::ValueId>& inputs) const override {
    graph::Graph& graph = lowering.graph();
    return graph.apply(
        graph::Concatenate{.axis = axis_of(graph.shape(inputs[0]))}, inputs,
        name());
  }

 private:
  std::size_t axis_of(const Shape& shape) const {
    const auto rank = static_cast<std::int64_t>(shape.rank());
    const std::int64_t axis =
        options_.axis < 0 ? options_.axis + rank : options_.axis;
    if (axis < 1 || axis >= rank) {
      refuse("axis is ", options_.axis, " and the input's shape ", shape,
             "; the axis must be one of it other than the batch's");
    }
    return static_cast<std::size_t>(axis);
  }

  ConcatenateOptions options_;
};

}  // namespace

Concatenate::Concatenate(ConcatenateOptions options)
    : Layer(std::make_shared<ConcatenateDefinition>(std::move(options))) {}

Layer Concatenate::from_config(const json& config) {
  ConcatenateOptions options;
  ConfigReader read("Concatenate", config);
  read("name", options.name);
  read("axis", options.axis);
  read.finish();
  return Concatenate(std::move(options));
}

}  // namespace lathe::layers
