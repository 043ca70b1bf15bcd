#include "layers/depthwise_conv2d.h"

#include <nlohmann/json.hpp>

#include "layers/config_reader.h"

namespace lathe::layers {
namespace {

using nlohmann::json;

class DepthwiseConv2DDefinition final : public Definition {
 public:
  explicit DepthwiseConv2DDefinition(DepthwiseConv2DOptions options)
      : Definition("DepthwiseConv2D", options.name),
        options_(std::move(options)) {
    require_window(window(), "kernel_size");
    if (options_.depth_multiplier < 1) {
      refuse("depth_multiplier is ", options_.depth_multiplier,
             "; it must be at least 1");
    }
  }

  json config() const override {
    json config = base_config();
    config.update(
        {{"depth_multiplier", options_.depth_multiplier},
         {"kernel_size", options_.kernel_size},
         {"strides", options_.strides},
         {"padding", options_.padding},
         {"data_format", "channels_last"},
         {"dilation_rate", options_.dilation_rate},
         {"activation", options_.activation},
         {"use_bias", options_.use_bias},
         {"depthwise_initializer",
          initializer_config(options_.depthwise_initializer)},
         {"bias_initializer", initializer_config(options_.bias_initializer)},
         {"depthwise_regularizer", nullptr},
         {"bias_regularizer", nullptr},
         {"activity_regularizer", nullptr},
         {"depthwise_constraint", nullptr},
         {"bias_constraint", nullptr}});
    return config;
  }

  Shape output_shape(const std::vector<Shape>& inputs) const override {
    const Shape& image = single_image(inputs);
    return visited_shape(who(), image, window(),
                         image.back() * options_.depth_multiplier);
  }

  graph::ValueId lower(
      Lowering& lowering,
      const std::vector<graph::ValueId>& inputs) const override {
    graph::Graph& graph = lowering.graph();
    const Shape image = graph.shape(inputs[0]);
    std::vector<graph::ValueId> operands = {inputs[0]};
    for (const Weight& weight : weights()) {
      operands.push_back(lowering.weight(weight));
    }
    const graph::ValueId convolved = graph.apply(
        graph::Convolution{.window = window_over(image_size(image), window()),
                           .groups = image.back(),
                           .filters = image.back() * options_.depth_multiplier},
        std::move(operands), name());
    return apply_activation(graph, options_.activation, convolved, name());
  }

 private:
  void create_weights(const std::vector<Shape>& inputs) override {
    const Pair kernel = options_.kernel_size;
    const std::int64_t channels = inputs[0].back();
    add_weight(
        "kernel",
        {kernel.height, kernel.width, channels, options_.depth_multiplier},
        options_.depthwise_initializer);
    if (options_.use_bias) {
      add_weight("bias", {channels * options_.depth_multiplier},
                 options_.bias_initializer);
    }
  }

  WindowOptions window() const {
    return {.kernel = options_.kernel_size,
            .strides = options_.strides,
            .dilation = options_.dilation_rate,
            .padding = options_.padding};
  }

  DepthwiseConv2DOptions options_;
};

}  // namespace

DepthwiseConv2D::DepthwiseConv2D(DepthwiseConv2DOptions options)
    : Layer(std::make_shared<DepthwiseConv2DDefinition>(std::move(options))) {}

Layer DepthwiseConv2D::from_config(const json& config) {
  DepthwiseConv2DOptions options;
  ConfigReader read("DepthwiseConv2D", config);
  read("name", options.name);
  read("depth_multiplier", options.depth_multiplier);
  read("kernel_size", options.kernel_size);
  read("strides", options.strides);
  read("padding", options.padding);
  read.require("data_format", "channels_last");
  read("dilation_rate", options.dilation_rate);
  read("activation", options.activation);
  read("use_bias", options.use_bias);
  read("depthwise_initializer", options.depthwise_initializer);
  read("bias_initializer", options.bias_initializer);
  read.finish();
  return DepthwiseConv2D(std::move(options));
}

}  // namespace lathe::layers
