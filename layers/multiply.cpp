#include "layers/multiply.h"

#include <nlohmann/json.hpp>

#include "layers/config_reader.h"

namespace lathe::layers {
namespace {

using nlohmann::json;

class MultiplyDefinition final : public Definition {
 public:
  explicit MultiplyDefinition(MultiplyOptions options)
      : Definition("Multiply", std::move(options.name)) {}

  json config() const override { return base_config(); }

  Shape output_shape(const std::vector<Shape>& inputs) const override {
    if (inputs.size() < 2) {
      refuse("multiplies two or more inputs, not ", inputs.size());
    }
    Shape product = inputs[0];
    for (const Shape& shape : inputs) {
      if (repeats(product, shape)) {
        product = shape;
      }
      graph::broadcast(who(), product, shape);
    }
    return product;
  }

  graph::ValueId lower(
      Lowering& lowering,
      const std::vector<graph::ValueId>& inputs) const override {
    graph::Graph& graph = lowering.graph();
    graph::ValueId product = inputs[0];
    for (std::size_t i = 1; i < inputs.size(); ++i) {
      graph::ValueId factor = inputs[i];
      if (repeats(graph.shape(product), graph.shape(factor))) {
        std::swap(product, factor);
      }
      product = graph.apply(graph::Multiply{}, {product, factor}, name());
    }
    return product;
  }

 private:
  // Whether a is 1 on some axis where b is not.
  static bool repeats(const Shape& a, const Shape& b) {
    bool found = false;
    for (std::size_t axis = 0; axis < a.rank() && axis < b.rank(); ++axis) {
      found = found || (a[axis] == 1 && b[axis] != 1);
    }
    return found;
  }
};

}  // namespace

Multiply::Multiply(MultiplyOptions options)
    : Layer(std::make_shared<MultiplyDefinition>(std::move(options))) {}

Layer Multiply::from_config(const json& config) {
  MultiplyOptions options;
  ConfigReader read("Multiply", config);
  read("name", options.name);
  read.finish();
  return Multiply(std::move(options));
}

}  // namespace lathe::layers
