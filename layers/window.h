#pragma once

#include "core/shape.h"
#include "layers/pair.h"

namespace lathe::layers {

/// `valid` is no padding; `same` gives ceil(size / stride) places, zeros above
/// and below, left and right, the bottom and the right getting the odd one.
enum class Padding { valid, same };

void to_json(nlohmann::json& json, Padding padding);

/// How a convolution or pooling moves, as Keras' options say it.
struct WindowOptions {
  Pair kernel;
  Pair strides = 1;
  Pair dilation = 1;
  Padding padding = Padding::valid;
};

/// The same for an image of that size, with its padding in pixels.
graph::Window2D window_over(graph::Size2D image, const WindowOptions& options);

/// The height and width of an image (N, H, W, C).
graph::Size2D image_size(const Shape& image);

/// (N, H', W', filters) of an image (N, H, W, C) visited so; throws Error
/// beginning with `who` where the window does not fit.
Shape visited_shape(std::string_view who, const Shape& image,
                    const WindowOptions& options, std::int64_t filters);

}  // namespace lathe::layers
