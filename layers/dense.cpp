#include "layers/dense.h"

#include <nlohmann/json.hpp>

#include "layers/config_reader.h"

namespace lathe::layers {
namespace {

using nlohmann::json;

class DenseDefinition final : public Definition {
 public:
  explicit DenseDefinition(DenseOptions options)
      : Definition("Dense", options.name), options_(std::move(options)) {
    if (options_.units < 1) {
      refuse("units is ", options_.units, "; it must be at least 1");
    }
  }

  json config() const override {
    json config = base_config();
    config.update(
        {{"units", options_.units},
         {"activation", options_.activation},
         {"use_bias", options_.use_bias},
         {"kernel_initializer",
          initializer_config(options_.kernel_initializer)},
         {"bias_initializer", initializer_config(options_.bias_initializer)},
         {"kernel_regularizer", nullptr},
         {"bias_regularizer", nullptr},
         {"kernel_constraint", nullptr},
         {"bias_constraint", nullptr},
         {"quantization_config", nullptr}});
    return config;
  }

  Shape output_shape(const std::vector<Shape>& inputs) const override {
    Shape shape = single(inputs);
    if (shape.rank() < 2) {
      refuse("takes (N, ..., C), not an input of shape ", shape);
    }
    shape[shape.rank() - 1] = options_.units;
    return shape;
  }

  graph::ValueId lower(
      Lowering& lowering,
      const std::vector<graph::ValueId>& inputs) const override {
    graph::Graph& graph = lowering.graph();
    const Shape shape = graph.shape(inputs[0]);
    const bool is_matrix = shape.rank() == 2;
    std::vector<graph::ValueId> operands = {inputs[0]};
    if (!is_matrix) {
      operands[0] =
          graph.apply(graph::Reshape{.shape = {shape.elements() / shape.back(),
                                               shape.back()}},
                      {inputs[0]}, name() + "/rows");
    }
    for (const Weight& weight : weights()) {
      operands.push_back(lowering.weight(weight));
    }
    graph::ValueId y =
        graph.apply(graph::MatrixProduct{}, std::move(operands), name());
    if (!is_matrix) {
      y = graph.apply(graph::Reshape{.shape = output_shape({shape})}, {y},
                      name());
    }
    return apply_activation(graph, options_.activation, y, name());
  }

 private:
  void create_weights(const std::vector<Shape>& inputs) override {
    add_weight("kernel", {inputs[0].back(), options_.units},
               options_.kernel_initializer);
    if (options_.use_bias) {
      add_weight("bias", {options_.units}, options_.bias_initializer);
    }
  }

  DenseOptions options_;
};

}  // namespace

Dense::Dense(DenseOptions options)
    : Layer(std::make_shared<DenseDefinition>(std::move(options))) {}

Layer Dense::from_config(const json& config) {
  DenseOptions options;
  ConfigReader read("Dense", config);
  read("name", options.name);
  read("units", options.units);
  read("activation", options.activation);
  read("use_bias", options.use_bias);
  read("kernel_initializer", options.kernel_initializer);
  read("bias_initializer", options.bias_initializer);
  read.finish();
  return Dense(std::move(options));
}

}  // namespace lathe::layers
