#include "layers/average_pooling2d.h"

#include <nlohmann/json.hpp>

#include "layers/config_reader.h"

namespace lathe::layers {
namespace {

using nlohmann::json;

class AveragePooling2DDefinition final : public Definition {
 public:
  explicit AveragePooling2DDefinition(AveragePooling2DOptions options)
      : Definition("AveragePooling2D", options.name),
        options_(std::move(options)) {
    require_window(window(), "pool_size");
  }

  json config() const override {
    json config = base_config();
    config.update({{"pool_size", options_.pool_size},
                   {"padding", options_.padding},
                   {"strides", window().strides},
                   {"data_format", "channels_last"}});
    return config;
  }

  Shape output_shape(const std::vector<Shape>& inputs) const override {
    const Shape& image = single_image(inputs);
    return visited_shape(who(), image, window(), image.back());
  }

  graph::ValueId lower(
      Lowering& lowering,
      const std::vector<graph::ValueId>& inputs) const override {
    graph::Graph& graph = lowering.graph();
    const graph::Size2D size = image_size(graph.shape(inputs[0]));
    return graph.apply(
        graph::AveragePooling{.window = window_over(size, window())},
        {inputs[0]}, name());
  }

 private:
  WindowOptions window() const {
    return {.kernel = options_.pool_size,
            .strides = options_.strides.value_or(options_.pool_size),
            .dilation = 1,
            .padding = options_.padding};
  }

  AveragePooling2DOptions options_;
};

}  // namespace

AveragePooling2D::AveragePooling2D(AveragePooling2DOptions options)
    : Layer(std::make_shared<AveragePooling2DDefinition>(std::move(options))) {}

Layer AveragePooling2D::from_config(const json& config) {
  AveragePooling2DOptions options;
  ConfigReader read("AveragePooling2D", config);
  read("name", options.name);
  read("pool_size", options.pool_size);
  read("strides", options.strides);
  read("padding", options.padding);
  read.require("data_format", "channels_last");
  read.finish();
  return AveragePooling2D(std::move(options));
}

}  // namespace lathe::layers
