#pragma once

#include "core/graph/operations/convolution.h"
#include "core/philox.h"
#include "core/tensor.h"

namespace lathe::train {

/// The first pixel of a window of an image. It is negative along an axis on
/// which the image is smaller than the window, in whose middle it then lies.
struct WindowPlace {
  std::int64_t row = 0;
  std::int64_t column = 0;
};

/// The window that begins at `wanted`, moved as little as keeps it within the
/// image.
WindowPlace window_at(const WindowPlace& wanted, const graph::Size2D& image,
                      const graph::Size2D& window);
/// The window in the middle of an image.
WindowPlace middle_window(const graph::Size2D& image,
                          const graph::Size2D& window);
/// A window anywhere within the image, all as likely.
WindowPlace drawn_window(const graph::Size2D& image,
                         const graph::Size2D& window, Philox& random);
/// A window about a pixel of a class: any class of the ids, uint8 (H, W, 1), as
/// likely, and any of its pixels, moved as little as keeps it within the image.
/// Anywhere where all ids are to ignore.
WindowPlace balanced_window(const Tensor& ids, const graph::Size2D& window,
                            Philox& random);

/// Writes a window of uint8 (H, W, C), as large as `result` is; what lies
/// beyond the image is `outside`.
void copy_window(const Tensor& image, const WindowPlace& place,
                 std::uint8_t outside, const Tensor& result);

}  // namespace lathe::train
