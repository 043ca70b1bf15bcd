#include "layers/conv2d.h"

#include <nlohmann/json.hpp>

#include "layers/config_reader.h"

namespace lathe::layers {
namespace {

using nlohmann::json;

class Conv2DDefinition final : public Definition {
 public:
  explicit Conv2DDefinition(Conv2DOptions options)
      : Definition("Conv2D", options.name), options_(std::move(options)) {
    require_window(window(), "kernel_size");
    if (options_.groups < 1 || options_.filters < 1 ||
        options_.filters % options_.groups != 0) {
      refuse("filters is ", options_.filters, " and groups ", options_.groups,
             "; filters must be a positive multiple of groups");
    }
  }

  json config() const override {
    json config = base_config();
    config.update(
        {{"filters", options_.filters},
         {"kernel_size", options_.kernel_size},
         {"strides", options_.strides},
         {"padding", options_.padding},
         {"data_format", "channels_last"},
         {"dilation_rate", options_.dilation_rate},
         {"groups", options_.groups},
         {"activation", options_.activation},
         {"use_bias", options_.use_bias},
         {"kernel_initializer",
          initializer_config(options_.kernel_initializer)},
         {"bias_initializer", initializer_config(options_.bias_initializer)},
         {"kernel_regularizer", nullptr},
         {"bias_regularizer", nullptr},
         {"activity_regularizer", nullptr},
         {"kernel_constraint", nullptr},
         {"bias_constraint", nullptr}});
    return config;
  }

  Shape output_shape(const std::vector<Shape>& inputs) const override {
    const Shape& image = single_image(inputs);
    if (image.back() % options_.groups != 0) {
      refuse("an input of ", image.back(), " channels can't be divided into ",
             options_.groups, " groups");
    }
    return visited_shape(who(), image, window(), options_.filters);
  }

  graph::ValueId lower(
      Lowering& lowering,
      const std::vector<graph::ValueId>& inputs) const override {
    graph::Graph& graph = lowering.graph();
    std::vector<graph::ValueId> operands = {inputs[0]};
    for (const Weight& weight : weights()) {
      operands.push_back(lowering.weight(weight));
    }
    const graph::ValueId convolved = graph.apply(
        graph::Convolution{
            .window = window_over(image_size(graph.shape(inputs[0])), window()),
            .groups = options_.groups,
            .filters = options_.filters},
        std::move(operands), name());
    return apply_activation(graph, options_.activation, convolved, name());
  }

 private:
  void create_weights(const std::vector<Shape>& inputs) override {
    const Pair kernel = options_.kernel_size;
    add_weight("kernel",
               {kernel.height, kernel.width, inputs[0].back() / options_.groups,
                options_.filters},
               options_.kernel_initializer);
    if (options_.use_bias) {
      add_weight("bias", {options_.filters}, options_.bias_initializer);
    }
  }

  WindowOptions window() const {
    return {.kernel = options_.kernel_size,
            .strides = options_.strides,
            .dilation = options_.dilation_rate,
            .padding = options_.padding};
  }

  Conv2DOptions options_;
};

}  // namespace

Conv2D::Conv2D(Conv2DOptions options)
    : Layer(std::make_shared<Conv2DDefinition>(std::move(options))) {}

Layer Conv2D::from_config(const json& config) {
  Conv2DOptions options;
  ConfigReader read("Conv2D", config);
  read("name", options.name);
  read("filters", options.filters);
  read("kernel_size", options.kernel_size);
  read("strides", options.strides);
  read("padding", options.padding);
  read.require("data_format", "channels_last");
  read("dilation_rate", options.dilation_rate);
  read("groups", options.groups);
  read("activation", options.activation);
  read("use_bias", options.use_bias);
  read("kernel_initializer", options.kernel_initializer);
  read("bias_initializer", options.bias_initializer);
  read.finish();
  return Conv2D(std::move(options));
}

}  // namespace lathe::layers
