#include "layers/global_max_pooling2d.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "layers/config_reader.h"

namespace lathe::layers {
namespace {

using nlohmann::json;

// What reduces an image to a pixel: one window, or where that would be larger
// than a pooling's may be, some along rows and then some along columns, which
// find the same pixel.
std::vector<graph::Window2D> windows_of(graph::Size2D image) {
  constexpr std::int64_t kMost = 256;
  if (image.height * image.width <= kMost) {
    return {{.kernel = image, .strides = image}};
  }
  std::vector<graph::Window2D> windows;
  const auto reduce = [&](std::int64_t extent, auto along) {
    while (extent > 1) {
      const std::int64_t length = std::min(extent, kMost);
      const std::int64_t count = (extent + length - 1) / length;
      windows.push_back(along(length, count * length - extent));
      extent = count;
    }
  };
  reduce(image.width, [](std::int64_t length, std::int64_t rest) {
    return graph::Window2D{.kernel = {1, length},
                           .strides = {1, length},
                           .padding = {.right = rest}};
  });
  reduce(image.height, [](std::int64_t length, std::int64_t rest) {
    return graph::Window2D{.kernel = {length, 1},
                           .strides = {length, 1},
                           .padding = {.bottom = rest}};
  });
  return windows;
}

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
    graph::ValueId highest = inputs[0];
    for (const graph::Window2D& window : windows_of(image_size(image))) {
      highest = graph.apply(graph::MaxPooling{window}, {highest}, name());
    }
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
