#include <algorithm>
#include <limits>

#include "core/reference/dispatch.h"
#include "core/reference/kernels.h"
#include "core/reference/window.h"

namespace lathe::reference {
namespace {

// How many elements of the window at each place lie inside the image, for a
// whole batch.
std::vector<std::int64_t> sizes_inside(const graph::Window2D& window,
                                       const Shape& image,
                                       const Shape& result) {
  std::vector<std::int64_t> sizes(
      static_cast<std::size_t>(result[0] * result[1] * result[2]));
  for_each_pair(window, image, result,
                [&](std::int64_t place, std::int64_t, std::int64_t) {
                  ++sizes[static_cast<std::size_t>(place)];
                });
  return sizes;
}

template <class T>
Kernel max_pooling(const graph::Window2D& window, const Shape& image,
                   const Shape& result) {
  const std::int64_t channels = image[3];
  return {.run = [=](const KernelArguments& memory) {
    const T* x = memory.input<T>(0);
    T* y = memory.output<T>(0);
    auto* places = memory.output<std::uint8_t>(1);
    std::fill_n(y, result.elements(), -std::numeric_limits<T>::infinity());
    std::fill_n(places, result.elements(), std::uint8_t{0});
    for_each_pair(
        window, image, result,
        [&](std::int64_t place, std::int64_t pixel, std::int64_t tap) {
          for (std::int64_t c = 0; c < channels; ++c) {
            const std::int64_t at = place * channels + c;
            if (x[pixel * channels + c] > y[at]) {
              y[at] = x[pixel * channels + c];
              places[at] = static_cast<std::uint8_t>(tap);
            }
          }
        });
  }};
}

template <class T>
Kernel max_pooling_gradient(const graph::Window2D& window, const Shape& image,
                            const Shape& result) {
  const std::int64_t channels = image[3];
  return {.run = [=](const KernelArguments& memory) {
    const T* dy = memory.input<T>(0);
    const auto* places = memory.input<std::uint8_t>(1);
    T* dx = memory.output<T>(0);
    std::fill_n(dx, image.elements(), T{0});
    for_each_pair(
        window, image, result,
        [&](std::int64_t place, std::int64_t pixel, std::int64_t tap) {
          for (std::int64_t c = 0; c < channels; ++c) {
            const std::int64_t at = place * channels + c;
            if (places[at] == tap) dx[pixel * channels + c] += dy[at];
          }
        });
  }};
}

template <class T>
Kernel average_pooling(const graph::Window2D& window, const Shape& image,
                       const Shape& result) {
  const std::int64_t channels = image[3];
  return {.run = [=, sizes = sizes_inside(window, image, result)](
                     const KernelArguments& memory) {
    const T* x = memory.input<T>(0);
    T* y = memory.output<T>(0);
    std::fill_n(y, result.elements(), T{0});
    for_each_pair(window, image, result,
                  [&](std::int64_t place, std::int64_t pixel, std::int64_t) {
                    for (std::int64_t c = 0; c < channels; ++c) {
                      y[place * channels + c] += x[pixel * channels + c];
                    }
                  });
    for (std::int64_t i = 0; i < result.elements(); ++i) {
      y[i] /= static_cast<T>(sizes[static_cast<std::size_t>(i / channels)]);
    }
  }};
}

template <class T>
Kernel average_pooling_gradient(const graph::Window2D& window,
                                const Shape& image, const Shape& result) {
  const std::int64_t channels = image[3];
  return {.run = [=, sizes = sizes_inside(window, image, result)](
                     const KernelArguments& memory) {
    const T* dy = memory.input<T>(0);
    T* dx = memory.output<T>(0);
    std::fill_n(dx, image.elements(), T{0});
    for_each_pair(window, image, result,
                  [&](std::int64_t place, std::int64_t pixel, std::int64_t) {
                    const auto size =
                        static_cast<T>(sizes[static_cast<std::size_t>(place)]);
                    for (std::int64_t c = 0; c < channels; ++c) {
                      dx[pixel * channels + c] +=
                          dy[place * channels + c] / size;
                    }
                  });
  }};
}

}  // namespace

Kernel make(const graph::MaxPooling& operation, const Signature& signature) {
  return dispatch(operation.kName, signature.inputs[0].dtype, [&](auto type) {
    return max_pooling<decltype(type)>(operation.window,
                                       signature.inputs[0].shape,
                                       signature.outputs[0].shape);
  });
}

Kernel make(const graph::MaxPoolingGradient& operation,
            const Signature& signature) {
  return dispatch(operation.kName, signature.inputs[0].dtype, [&](auto type) {
    return max_pooling_gradient<decltype(type)>(operation.window,
                                                signature.outputs[0].shape,
                                                signature.inputs[0].shape);
  });
}

Kernel make(const graph::AveragePooling& operation,
            const Signature& signature) {
  return dispatch(operation.kName, signature.inputs[0].dtype, [&](auto type) {
    return average_pooling<decltype(type)>(operation.window,
                                           signature.inputs[0].shape,
                                           signature.outputs[0].shape);
  });
}

Kernel make(const graph::AveragePoolingGradient& operation,
            const Signature& signature) {
  return dispatch(operation.kName, signature.inputs[0].dtype, [&](auto type) {
    return average_pooling_gradient<decltype(type)>(operation.window,
                                                    signature.outputs[0].shape,
                                                    signature.inputs[0].shape);
  });
}

}  // namespace lathe::reference
