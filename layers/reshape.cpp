#include "layers/reshape.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "layers/config_reader.h"

namespace lathe::layers {
namespace {

using nlohmann::json;

class ReshapeDefinition final : public Definition {
 public:
  explicit ReshapeDefinition(ReshapeOptions options)
      : Definition("Reshape", options.name), options_(std::move(options)) {
    const Shape& target = options_.target_shape;
    const bool valid = std::all_of(target.begin(), target.end(),
                                   [](auto e) { return e >= 1 || e == -1; });
    if (!valid || std::count(target.begin(), target.end(), -1) > 1) {
      refuse("target_shape is ", target,
             "; extents must be at least 1, one of them may be -1");
    }
  }

  json config() const override {
    json config = base_config();
    config["target_shape"] = options_.target_shape.extents();
    return config;
  }

  Shape output_shape(const std::vector<Shape>& inputs) const override {
    const Shape& input = single(inputs);
    const std::int64_t elements = input.elements() / input[0];
    std::vector<std::int64_t> extents = options_.target_shape.extents();
    const auto open = std::find(extents.begin(), extents.end(), -1);
    if (open != extents.end()) {
      *open = 1;
      *open = elements / Shape(extents).elements();
    }
    if (Shape(extents).elements() != elements) {
      refuse("an input of shape ", input, " can't become ",
             options_.target_shape, ", which must have ", elements,
             " elements");
    }
    extents.insert(extents.begin(), input[0]);
    return Shape(std::move(extents));
  }

  graph::ValueId lower(
      Lowering& lowering,
      const std::vector<graph::ValueId>& inputs) const override {
    graph::Graph& graph = lowering.graph();
    return graph.apply(
        graph::Reshape{.shape = output_shape({graph.shape(inputs[0])})},
        {inputs[0]}, name());
  }

 private:
  ReshapeOptions options_;
};

}  // namespace

Reshape::Reshape(ReshapeOptions options)
    : Layer(std::make_shared<ReshapeDefinition>(std::move(options))) {}

Layer Reshape::from_config(const json& config) {
  ReshapeOptions options;
  std::vector<std::int64_t> target_shape;
  ConfigReader read("Reshape", config);
  read("name", options.name);
  read("target_shape", target_shape);
  read.finish();
  options.target_shape = Shape(std::move(target_shape));
  return Reshape(std::move(options));
}

}  // namespace lathe::layers
