#include "layers/global_max_pooling2d.h"

#include <nlohmann/json.hpp>

#include "layers/config_reader.h"

namespace lathe::layers {
namespace {

using nlohmann::json;

class GlobalMaxPooling2DDefinition final : public Definition {
 public:
  explicit GlobalMaxPooling2DDefinition(GlobalMaxPooling2DOptions options)
      : Definition("GlobalMaxPooling2D", options.name),
        options_(std::move(options)) {}

  json config() const override {
    json config = base_config();
    config.update(
        {{"data_format", "channels_last"}, {"keepdims", options_.keepdims}});
    return config;
  }

  Shape output_shape(const std::vector<Shape>& inputs) const override {
    const Shape& image = single_image(inputs);
    return options_.keepdims ? Shape{image[0], 1, 1, image[3]}
                             : Shape{image[0], image[3]};
  }

  graph::ValueId lower(
      Lowering& lowering,
      const std::vector<graph::ValueId>& inputs) const override {
    graph::Graph& graph = lowering.graph();
    const Shape image = graph.shape(inputs[0]);
    const graph::ValueId highest =
        graph.apply(graph::MaxPooling{.window = {.kernel = image_size(image),
                                                 .strides = image_size(image),
                                                 .dilation = {},
                                                 .padding = {}}},
                    {inputs[0]}, name());
    if (options_.keepdims) return highest;
    return graph.apply(graph::Reshape{.shape = {image[0], image[3]}}, {highest},
                       name());
  }

 private:
  GlobalMaxPooling2DOptions options_;
};

}  // namespace

GlobalMaxPooling2D::GlobalMaxPooling2D(GlobalMaxPooling2DOptions options)
    : Layer(
          std::make_shared<GlobalMaxPooling2DDefinition>(std::move(options))) {}

Layer GlobalMaxPooling2D::from_config(const json& config) {
  GlobalMaxPooling2DOptions options;
  ConfigReader read("GlobalMaxPooling2D", config);
  read("name", options.name);
  read("keepdims", options.keepdims);
  read.require("data_format", "channels_last");
  read.finish();
  return GlobalMaxPooling2D(std::move(options));
}

}  // namespace lathe::layers
