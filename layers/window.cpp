#include "layers/window.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace lathe::layers {
namespace {

struct Ends {
  std::int64_t before = 0;
  std::int64_t after = 0;
};

// tf.nn's rule for "SAME".
Ends same_padding(std::int64_t image, std::int64_t kernel, std::int64_t stride,
                  std::int64_t dilation) {
  const std::int64_t reach = (kernel - 1) * dilation + 1;
  const std::int64_t places = (image + stride - 1) / stride;
  const std::int64_t total =
      std::max<std::int64_t>((places - 1) * stride + reach - image, 0);
  return {.before = total / 2, .after = total - total / 2};
}

}  // namespace

void to_json(nlohmann::json& json, const Pair& pair) {
  json = {pair.height, pair.width};
}

std::ostream& operator<<(std::ostream& out, const Pair& pair) {
  return out << '(' << pair.height << ", " << pair.width << ')';
}

void to_json(nlohmann::json& json, Padding padding) {
  json = padding == Padding::same ? "same" : "valid";
}

graph::Window2D window_over(graph::Size2D image, const WindowOptions& options) {
  graph::Window2D window{.kernel = options.kernel,
                         .strides = options.strides,
                         .dilation = options.dilation,
                         .padding = {}};
  if (options.padding == Padding::same) {
    const Ends rows =
        same_padding(image.height, options.kernel.height,
                     options.strides.height, options.dilation.height);
    const Ends columns =
        same_padding(image.width, options.kernel.width, options.strides.width,
                     options.dilation.width);
    window.padding = {.top = rows.before,
                      .bottom = rows.after,
                      .left = columns.before,
                      .right = columns.after};
  }
  return window;
}

graph::Size2D image_size(const Shape& image) {
  return {.height = image[1], .width = image[2]};
}

Shape visited_shape(std::string_view who, const Shape& image,
                    const WindowOptions& options, std::int64_t filters) {
  const graph::Size2D size = image_size(image);
  const graph::Size2D visited =
      window_over(size, options).output_size(who, size);
  return {image[0], visited.height, visited.width, filters};
}

}  // namespace lathe::layers
