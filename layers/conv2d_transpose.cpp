#include "layers/conv2d_transpose.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "layers/config_reader.h"

namespace lathe::layers {
namespace {

using nlohmann::json;

class Conv2DTransposeDefinition final : public Definition {
 public:
  explicit Conv2DTransposeDefinition(Conv2DTransposeOptions options)
      : Definition("Conv2DTranspose", options.name),
        options_(std::move(options)) {
    require_window(window(), "kernel_size");
    if (options_.filters < 1) {
      refuse("filters is ", options_.filters, "; it must be at least 1");
    }
    const std::optional<Pair>& padding = options_.output_padding;
    if (padding && (std::min(padding->height, padding->width) < 0 ||
                    padding->height >= options_.strides.height ||
                    padding->width >= options_.strides.width)) {
      refuse("output_padding is ", *padding, " and strides ", options_.strides,
             "; output_padding must be at least 0 and below strides");
    }
  }

  json config() const override {
    const std::optional<Pair>& padding = options_.output_padding;
    json config = base_config();
    config.update(
        {{"filters", options_.filters},
         {"kernel_size", options_.kernel_size},
         {"strides", options_.strides},
         {"padding", options_.padding},
         {"output_padding", padding ? json(*padding) : json(nullptr)},
         {"data_format", "channels_last"},
         {"dilation_rate", options_.dilation_rate},
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
    const graph::Size2D size = output_size(image);
    const Shape back = visited_shape(
        who(), {image[0], size.height, size.width, 1}, window(), image.back());
    if (back != image) {
      refuse("with strides ", options_.strides,
             " and this output_padding an output of ", size.height, " x ",
             size.width, " would belong to an input of shape ", back, ", not ",
             image, "; choose a larger output_padding");
    }
    return {image[0], size.height, size.width, options_.filters};
  }

  graph::ValueId lower(
      Lowering& lowering,
      const std::vector<graph::ValueId>& inputs) const override {
    graph::Graph& graph = lowering.graph();
    const graph::Size2D size = output_size(graph.shape(inputs[0]));
    std::vector<graph::ValueId> operands = {inputs[0]};
    for (const Weight& weight : weights()) {
      operands.push_back(lowering.weight(weight));
    }
    const graph::ValueId convolved = graph.apply(
        graph::ConvolutionInputGradient{.window = window_over(size, window()),
                                        .groups = 1,
                                        .channels = options_.filters,
                                        .image = size},
        std::move(operands), name());
    return apply_activation(graph, options_.activation, convolved, name());
  }

 private:
  void create_weights(const std::vector<Shape>& inputs) override {
    const Pair kernel = options_.kernel_size;
    add_weight(
        "kernel",
        {kernel.height, kernel.width, options_.filters, inputs[0].back()},
        options_.kernel_initializer);
    if (options_.use_bias) {
      add_weight("bias", {options_.filters}, options_.bias_initializer);
    }
  }

  graph::Size2D output_size(const Shape& image) const {
    const Pair kernel = options_.kernel_size;
    const Pair strides = options_.strides;
    const Pair dilation = options_.dilation_rate;
    std::optional<std::int64_t> rows;
    std::optional<std::int64_t> columns;
    if (options_.output_padding) {
      rows = options_.output_padding->height;
      columns = options_.output_padding->width;
    }
    return {.height = enlarged(image[1], (kernel.height - 1) * dilation.height,
                               strides.height, rows),
            .width = enlarged(image[2], (kernel.width - 1) * dilation.width,
                              strides.width, columns)};
  }

  // Keras' compute_conv_transpose_output_shape along one axis, for a kernel
  // that reaches over `reach` + 1 pixels.
  std::int64_t enlarged(std::int64_t size, std::int64_t reach,
                        std::int64_t stride,
                        std::optional<std::int64_t> padding) const {
    const std::int64_t kernel = reach + 1;
    if (options_.padding == Padding::same) {
      return padding ? (size - 1) * stride + kernel % 2 + *padding
                     : size * stride;
    }
    return (size - 1) * stride + kernel +
           padding.value_or(std::max(kernel, stride) - kernel);
  }

  WindowOptions window() const {
    return {.kernel = options_.kernel_size,
            .strides = options_.strides,
            .dilation = options_.dilation_rate,
            .padding = options_.padding};
  }

  Conv2DTransposeOptions options_;
};

}  // namespace

Conv2DTranspose::Conv2DTranspose(Conv2DTransposeOptions options)
    : Layer(std::make_shared<Conv2DTransposeDefinition>(std::move(options))) {}

Layer Conv2DTranspose::from_config(const json& config) {
  Conv2DTransposeOptions options;
  ConfigReader read("Conv2DTranspose", config);
  read("name", options.name);
  read("filters", options.filters);
  read("kernel_size", options.kernel_size);
  read("strides", options.strides);
  read("padding", options.padding);
  read("output_padding", options.output_padding);
  read.require("data_format", "channels_last");
  read("dilation_rate", options.dilation_rate);
  read("activation", options.activation);
  read("use_bias", options.use_bias);
  read("kernel_initializer", options.kernel_initializer);
  read("bias_initializer", options.bias_initializer);
  read.finish();
  return Conv2DTranspose(std::move(options));
}

}  // namespace lathe::layers
