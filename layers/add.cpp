#include "layers/add.h"

#include <nlohmann/json.hpp>

#include "layers/config_reader.h"

namespace lathe::layers {
namespace {

using nlohmann::json;

class AddDefinition final : public Definition {
 public:
  explicit AddDefinition(AddOptions options)
      : Definition("Add", std::move(options.name)) {}

  json config() const override { return base_config(); }

  Shape output_shape(const std::vector<Shape>& inputs) const override {
    if (inputs.size() < 2) {
      refuse("adds two or more inputs, not ", inputs.size());
    }
    for (const Shape& shape : inputs) {
      if (shape != inputs[0]) {
        refuse("inputs of shapes ", inputs[0], " and ", shape,
               "; they must be equal");
      }
    }
    return inputs[0];
  }

  graph::ValueId lower(
      Lowering& lowering,
      const std::vector<graph::ValueId>& inputs) const override {
    graph::ValueId sum = inputs[0];
    for (std::size_t i = 1; i < inputs.size(); ++i) {
      sum = lowering.graph().apply(graph::Add{}, {sum, inputs[i]}, name());
    }
    return sum;
  }
};

}  // namespace

Add::Add(AddOptions options)
    : Layer(std::make_shared<AddDefinition>(std::move(options))) {}

Layer Add::from_config(const json& config) {
  AddOptions options;
  ConfigReader read("Add", config);
  read("name", options.name);
  read.finish();
  return Add(std::move(options));
}

}  // namespace lathe::layers
