#include "layers/separable_conv2d.h"

#include <nlohmann/json.hpp>

#include "layers/config_reader.h"

namespace lathe::layers {
namespace {

using nlohmann::json;

class SeparableConv2DDefinition final : public Definition {
 public:
  explicit SeparableConv2DDefinition(SeparableConv2DOptions options)
      : Definition("SeparableConv2D", options.name),
        options_(std::move(options)) {
    require_window(window(), "kernel_size");
    if (options_.filters < 1 || options_.depth_multiplier < 1) {
      refuse("filters is ", options_.filters, " and depth_multiplier ",
             options_.depth_multiplier, "; both must be at least 1");
    }
  }

  json config() const override {
    json config = base_config();
    config.update(
        {{"depth_multiplier", options_.depth_multiplier},
         {"filters", options_.filters},
         {"kernel_size", options_.kernel_size},
         {"strides", options_.strides},
         {"padding", options_.padding},
         {"data_format", "channels_last"},
         {"dilation_rate", options_.dilation_rate},
         {"activation", options_.activation},
         {"use_bias", options_.use_bias},
         {"depthwise_initializer",
          initializer_config(options_.depthwise_initializer)},
         {"pointwise_initializer",
          initializer_config(options_.pointwise_initializer)},
         {"bias_initializer", initializer_config(options_.bias_initializer)},
         {"depthwise_regularizer", nullptr},
         {"pointwise_regularizer", nullptr},
         {"bias_regularizer", nullptr},
         {"activity_regularizer", nullptr},
         {"depthwise_constraint", nullptr},
         {"pointwise_constraint", nullptr},
         {"bias_constraint", nullptr}});
    return config;
  }

  Shape output_shape(const std::vector<Shape>& inputs) const override {
    return visited_shape(who(), single_image(inputs), window(),
                         options_.filters);
  }

  graph::ValueId lower(
      Lowering& lowering,
      const std::vector<graph::ValueId>& inputs) const override {
    graph::Graph& graph = lowering.graph();
    const Shape image = graph.shape(inputs[0]);
    const graph::ValueId depthwise = graph.apply(
        graph::Convolution{.window = window_over(image_size(image), window()),
                           .groups = image.back(),
                           .filters = image.back() * options_.depth_multiplier},
        {inputs[0], lowering.weight(weights()[0])}, name() + "/depthwise");
    std::vector<graph::ValueId> operands = {depthwise,
                                            lowering.weight(weights()[1])};
    if (options_.use_bias) operands.push_back(lowering.weight(weights()[2]));
    const graph::ValueId pointwise = graph.apply(
        graph::Convolution{
            .window = {}, .groups = 1, .filters = options_.filters},
        std::move(operands), name() + "/pointwise");
    return apply_activation(graph, options_.activation, pointwise, name());
  }

 private:
  void create_weights(const std::vector<Shape>& inputs) override {
    const Pair kernel = options_.kernel_size;
    const std::int64_t channels = inputs[0].back();
    add_weight(
        "depthwise_kernel",
        {kernel.height, kernel.width, channels, options_.depth_multiplier},
        options_.depthwise_initializer);
    add_weight("pointwise_kernel",
               {1, 1, channels * options_.depth_multiplier, options_.filters},
               options_.pointwise_initializer);
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

  SeparableConv2DOptions options_;
};

}  // namespace

SeparableConv2D::SeparableConv2D(SeparableConv2DOptions options)
    : Layer(std::make_shared<SeparableConv2DDefinition>(std::move(options))) {}

Layer SeparableConv2D::from_config(const json& config) {
  SeparableConv2DOptions options;
  ConfigReader read("SeparableConv2D", config);
  read("name", options.name);
  read("depth_multiplier", options.depth_multiplier);
  read("filters", options.filters);
  read("kernel_size", options.kernel_size);
  read("strides", options.strides);
  read("padding", options.padding);
  read.require("data_format", "channels_last");
  read("dilation_rate", options.dilation_rate);
  read("activation", options.activation);
  read("use_bias", options.use_bias);
  read("depthwise_initializer", options.depthwise_initializer);
  read("pointwise_initializer", options.pointwise_initializer);
  read("bias_initializer", options.bias_initializer);
  read.finish();
  return SeparableConv2D(std::move(options));
}

}  // namespace lathe::layers
