#include "core/cuda/element_type.h"
#include "core/cuda/for_each.h"
#include "core/cuda/reduce_sum.h"
#include "core/cuda/vector.h"
#include "core/cuda/window.h"
#include "core/graph/operations/pooling.h"

// A thread computes a vector of channels of one place or pixel. Gradients
// gather: every pixel sums the places above it, in their order.
namespace lathe::cuda {
namespace {

// Bytes and bfloat16 of so many channels are still read at once.
constexpr int kMaxChannels = 8;

struct Windows {
  Window window;
  PixelIndex image;
  PixelIndex places;
};

template <class T, int kCount>
struct MaxOfWindow {
  Windows shapes;
  const T* x;
  T* y;
  std::uint8_t* taps;

  __device__ void operator()(std::uint32_t i) const {
    const auto at = shapes.places.place(i);
    Vector<float, kCount> largest;
    Vector<std::uint8_t, kCount> found{};
    for (int k = 0; k < kCount; ++k) largest[k] = -INFINITY;
    for_taps(shapes.window.rows, at.row, [&](int tap_row, int row) {
      for_taps(shapes.window.columns, at.column, [&](int tap, int column) {
        const auto values = load<kCount>(
            x + shapes.image.offset(at.image, row, column, at.channel));
        const int index = tap_row * shapes.window.columns.kernel + tap;
        for (int k = 0; k < kCount; ++k) {
          if (values[k] > largest[k]) {
            largest[k] = values[k];
            found[k] = static_cast<std::uint8_t>(index);
          }
        }
      });
    });
    store(largest, y + std::int64_t{i} * kCount);
    store(found, taps + std::int64_t{i} * kCount);
  }
};

template <class T, int kCount>
struct GatherMax {
  static constexpr bool kOfFewBlocks = true;
  Windows shapes;
  const T* dy;
  const std::uint8_t* taps;
  T* dx;

  __device__ void operator()(std::uint32_t i) const {
    const auto at = shapes.image.place(i);
    Vector<float, kCount> sum{};
    for_places(shapes.window.rows, at.row, [&](int tap_row, int row) {
      for_places(shapes.window.columns, at.column, [&](int tap, int column) {
        const auto from =
            shapes.places.offset(at.image, row, column, at.channel);
        const auto values = load<kCount>(dy + from);
        const auto found = load<kCount>(taps + from);
        const int index = tap_row * shapes.window.columns.kernel + tap;
        for (int k = 0; k < kCount; ++k) {
          if (found[k] == index) sum[k] += values[k];
        }
      });
    });
    store(sum, dx + std::int64_t{i} * kCount);
  }
};

template <class From, class To, int kCount>
struct MeanOfWindow {
  Windows shapes;
  const From* x;
  To* y;

  __device__ void operator()(std::uint32_t i) const {
    const auto at = shapes.places.place(i);
    Vector<float, kCount> sum{};
    for_taps(shapes.window.rows, at.row, [&](int, int row) {
      for_taps(shapes.window.columns, at.column, [&](int, int column) {
        const auto values = load<kCount>(
            x + shapes.image.offset(at.image, row, column, at.channel));
        for (int k = 0; k < kCount; ++k) sum[k] += values[k];
      });
    });
    const auto inside =
        static_cast<float>(taps_inside(shapes.window.rows, at.row) *
                           taps_inside(shapes.window.columns, at.column));
    for (int k = 0; k < kCount; ++k) sum[k] /= inside;
    store(sum, y + std::int64_t{i} * kCount);
  }
};

template <class From, class To, int kCount>
struct GatherMean {
  Windows shapes;
  const From* dy;
  To* dx;

  __device__ void operator()(std::uint32_t i) const {
    const auto at = shapes.image.place(i);
    Vector<float, kCount> sum{};
    for_places(shapes.window.rows, at.row, [&](int, int row) {
      const int rows = taps_inside(shapes.window.rows, row);
      for_places(shapes.window.columns, at.column, [&](int, int column) {
        const auto values = load<kCount>(
            dy + shapes.places.offset(at.image, row, column, at.channel));
        const auto inside = static_cast<float>(
            rows * taps_inside(shapes.window.columns, column));
        for (int k = 0; k < kCount; ++k) sum[k] += values[k] / inside;
      });
    });
    store(sum, dx + std::int64_t{i} * kCount);
  }
};

// Calls make_kernel(shapes, vector size as a type's value, an element). The
// size is at most kMost.
template <int kMost = kVector, class Make>
Kernel pooling(std::string_view operation, const graph::Window2D& window,
               const TensorSpec& image, const TensorSpec& places,
               Make make_kernel) {
  require_index(operation, image);
  require_index(operation, places);
  return with_element_type(operation, image, [&](auto type) {
    const auto make_for = [&](auto size) {
      const Windows shapes{.window = Window(window, image.shape, places.shape),
                           .image = PixelIndex(image.shape, size),
                           .places = PixelIndex(places.shape, size)};
      return make_kernel(shapes, size, type);
    };
    constexpr int kWidth = std::min(kMost, kWidest<decltype(type)>);
    const std::int64_t channels = image.shape[3];
    if (channels % kWidth == 0) {
      return make_for(std::integral_constant<int, kWidth>{});
    }
    return channels % kVector == 0
               ? make_for(std::integral_constant<int, kVector>{})
               : make_for(std::integral_constant<int, 1>{});
  });
}

// A thread a place would have too much to do then.
bool is_of_whole_images(const graph::Window2D& window, const Shape& image) {
  return window.kernel == graph::Size2D{image[1], image[2]} &&
         window.dilation == graph::Size2D{} &&
         window.padding == graph::Padding2D{};
}

// Calls make_kernel(an element of `places`), which are T or float.
template <class T, class Make>
Kernel with_places(const TensorSpec& places, Make make_kernel) {
  return places.dtype == DType::float32 ? make_kernel(0.0F) : make_kernel(T());
}

}  // namespace

Kernel make(const graph::MaxPooling& operation, const Signature& signature) {
  const std::int64_t count = signature.outputs[0].shape.elements();
  return pooling<kMaxChannels>(
      operation.kName, operation.window, signature.inputs[0],
      signature.outputs[0],
      [count](const Windows& shapes, auto size, auto type) -> Kernel {
        using T = decltype(type);
        return {.run = [=](const KernelArguments& call) {
          for_each(call, count / size,
                   MaxOfWindow<T, decltype(size)::value>{
                       .shapes = shapes,
                       .x = call.input<T>(0),
                       .y = call.output<T>(0),
                       .taps = call.output<std::uint8_t>(1)});
        }};
      });
}

Kernel make(const graph::MaxPoolingGradient& operation,
            const Signature& signature) {
  const std::int64_t count = signature.outputs[0].shape.elements();
  return pooling<kMaxChannels>(
      operation.kName, operation.window, signature.outputs[0],
      signature.inputs[0],
      [count](const Windows& shapes, auto size, auto type) -> Kernel {
        using T = decltype(type);
        return {.run = [=](const KernelArguments& call) {
          for_each(call, count / size,
                   GatherMax<T, decltype(size)::value>{
                       .shapes = shapes,
                       .dy = call.input<T>(0),
                       .taps = call.input<std::uint8_t>(1),
                       .dx = call.output<T>(0)});
        }};
      });
}

// Means of whole images are float, whatever the images are.
Kernel make(const graph::AveragePooling& operation,
            const Signature& signature) {
  const TensorSpec& x = signature.inputs[0];
  const TensorSpec& y = signature.outputs[0];
  if (is_of_whole_images(operation.window, x.shape) &&
      y.dtype == DType::float32) {
    return means(operation.kName, x,
                 {.outer = x.shape[0],
                  .repeated = x.shape[1] * x.shape[2],
                  .inner = x.shape[3]});
  }
  const std::int64_t count = y.shape.elements();
  return pooling(operation.kName, operation.window, x, y,
                 [&](const Windows& shapes, auto size, auto type) {
                   using T = decltype(type);
                   return with_places<T>(y, [&](auto place) -> Kernel {
                     using To = decltype(place);
                     return {.run = [=](const KernelArguments& call) {
                       for_each(call, count / size,
                                MeanOfWindow<T, To, decltype(size)::value>{
                                    .shapes = shapes,
                                    .x = call.input<T>(0),
                                    .y = call.output<To>(0)});
                     }};
                   });
                 });
}

Kernel make(const graph::AveragePoolingGradient& operation,
            const Signature& signature) {
  const TensorSpec& dy = signature.inputs[0];
  const std::int64_t count = signature.outputs[0].shape.elements();
  return pooling(operation.kName, operation.window, signature.outputs[0], dy,
                 [&](const Windows& shapes, auto size, auto type) {
                   using T = decltype(type);
                   return with_places<T>(dy, [&](auto place) -> Kernel {
                     using From = decltype(place);
                     return {.run = [=](const KernelArguments& call) {
                       for_each(call, count / size,
                                GatherMean<From, T, decltype(size)::value>{
                                    .shapes = shapes,
                                    .dy = call.input<From>(0),
                                    .dx = call.output<T>(0)});
                     }};
                   });
                 });
}

}  // namespace lathe::cuda
