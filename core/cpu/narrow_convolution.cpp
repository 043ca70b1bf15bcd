// Convolutions to very few filters (the head of a segmentation network), for
// which oneDNN computes sixteen: here the vectors run along the image's row.
#include <hwy/cache_control.h>

#include "core/cpu/convolution.h"
#include "core/cpu/workspace.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/narrow_convolution.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/factors.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

// A window's row is one run of kernel width * channels floats in the image, so
// the weights are kept as (filters, kernel height, that many).
template <int kFilters>
struct Narrow : ConvolutionShape {
  explicit Narrow(const ConvolutionShape& shape)
      : ConvolutionShape(shape),
        run(window.kernel.width * channels),
        weights(window.kernel.height * run),
        step(window.strides.width * channels),
        whole_begin((window.padding.left + window.strides.width - 1) /
                    window.strides.width),
        whole_end(std::clamp<std::int64_t>(
            image.width + window.padding.left < window.kernel.width
                ? 0
                : (image.width + window.padding.left - window.kernel.width) /
                          window.strides.width +
                      1,
            whole_begin, result.width)) {
    if (whole_begin >= result.width) whole_begin = whole_end = result.width;
  }

  // Calls visit(i, at, length, first) for the rows i of the window at (row,
  // column) of result n that lie inside the image: `length` floats at `at` of
  // the image meet those from `first` on of the window's row.
  template <class Visit>
  HWY_INLINE void for_rows(std::int64_t n, std::int64_t row,
                           std::int64_t column, Visit visit) const {
    const std::int64_t top = row * window.strides.height - window.padding.top;
    const std::int64_t left =
        column * window.strides.width - window.padding.left;
    const std::int64_t begin = std::max<std::int64_t>(-left, 0);
    const std::int64_t end = std::min(image.width - left, window.kernel.width);
    if (begin >= end) return;
    for (std::int64_t i = 0; i < window.kernel.height; ++i) {
      const std::int64_t y = top + i * window.dilation.height;
      if (y < 0 || y >= image.height) continue;
      const std::int64_t pixel =
          (n * image.height + y) * image.width + left + begin;
      visit(i, pixel * channels, (end - begin) * channels, begin * channels);
    }
  }

  // Asks for what the next row of results is the first to read below `count`
  // places: an image's rows are soon too long for the nearest cache.
  template <class T>
  HWY_INLINE void prefetch_below(const T* x, std::int64_t n, std::int64_t row,
                                 std::int64_t column,
                                 std::int64_t count) const {
    const std::int64_t last =
        (row + 1) * window.strides.height - window.padding.top +
        (window.kernel.height - 1) * window.dilation.height;
    const std::int64_t y = std::clamp<std::int64_t>(last, 0, image.height - 1);
    const T* from =
        x + (n * image.height + y) * image.width * channels + column * step;
    constexpr std::int64_t kLine = 64 / sizeof(T);
    for (std::int64_t k = 0; k < count * step; k += kLine) {
      hwy::Prefetch(from + k);
    }
  }

  std::int64_t run;
  std::int64_t weights;
  std::int64_t step;
  // The columns whose windows reach over neither side of the image.
  std::int64_t whole_begin;
  std::int64_t whole_end;
};

// The sums of kPixels neighbours. They pass through each function by value, so
// that they stay in registers.
template <int kPixels, int kFilters>
struct Sums {
  Vector of[kPixels][kFilters];
};

template <int kPixels, int kFilters, class Lanes, class T>
HWY_INLINE Sums<kPixels, kFilters> plus_products(Sums<kPixels, kFilters> sums,
                                                 Lanes lanes,
                                                 const Narrow<kFilters>& shape,
                                                 const T* x, const T* weights) {
  for (int f = 0; f < kFilters; ++f) {
    const auto w = lanes.load(weights + f * shape.weights);
    for (int p = 0; p < kPixels; ++p) {
      sums.of[p][f] =
          plus_product(lanes.load(x + p * shape.step), w, sums.of[p][f]);
    }
  }
  return sums;
}

template <int kPixels, int kFilters, class T>
HWY_INLINE Sums<kPixels, kFilters> plus_run(Sums<kPixels, kFilters> sums,
                                            const Narrow<kFilters>& shape,
                                            const T* x, const T* weights,
                                            std::int64_t length) {
  using Each = Factors<T>;
  std::int64_t v = 0;
  for (; v + Each::kCount <= length; v += Each::kCount) {
    sums = plus_products(sums, Each::whole(), shape, x + v, weights + v);
  }
  if (v < length) {
    sums =
        plus_products(sums, Each::part(length - v), shape, x + v, weights + v);
  }
  return sums;
}

// kPixels neighbours of a row, windows of which all rows have the same part
// inside the image.
template <int kPixels, int kFilters, class T>
HWY_INLINE void compute_pixels(const Narrow<kFilters>& shape, const T* x,
                               const T* weights, const T* bias,
                               std::int64_t row, std::int64_t column, T* y) {
  Sums<kPixels, kFilters> sums;
  for (auto& pixel : sums.of) {
    for (Vector& sum : pixel) sum = all(0);
  }
  const std::int64_t n = row / shape.result.height;
  shape.prefetch_below(x, n, row % shape.result.height, column, kPixels);
  shape.for_rows(n, row % shape.result.height, column,
                 [&](std::int64_t i, std::int64_t at, std::int64_t length,
                     std::int64_t first) HWY_ATTR {
                   sums = plus_run(sums, shape, x + at,
                                   weights + i * shape.run + first, length);
                 });
  T* to = y + (row * shape.result.width + column) * kFilters;
  for (int p = 0; p < kPixels; ++p) {
    for (int f = 0; f < kFilters; ++f) {
      to[p * kFilters + f] = static_cast<T>(
          hn::GetLane(hn::SumOfLanes(Floats(), sums.of[p][f])) + bias[f]);
    }
  }
}

template <int kFilters, class T>
Kernel forward(const ConvolutionShape& plain, bool has_bias) {
  constexpr int kPixels = kFilters == 1 ? 8 : kFilters == 2 ? 4 : 2;
  const Narrow<kFilters> shape(plain);
  WorkspaceLayout workspace;
  const auto arranged = workspace.add<T>(kFilters * shape.weights);
  return {.run =
              [=](const KernelArguments& arguments) {
                const auto* x = arguments.input<T>(0);
                const auto* w = arguments.input<T>(1);
                const T zeros[kFilters] = {};
                const auto* bias = has_bias ? arguments.input<T>(2) : zeros;
                auto* y = arguments.output<T>(0);
                auto* weights = arranged.in(arguments.workspace);
                for (std::int64_t k = 0; k < shape.weights; ++k) {
                  for (int f = 0; f < kFilters; ++f) {
                    weights[f * shape.weights + k] = w[k * kFilters + f];
                  }
                }
                parallel_tasks(
                    shape.batch * shape.result.height,
                    [=](std::int64_t row) HWY_ATTR {
                      std::int64_t column = 0;
                      const auto one_by_one = [&](std::int64_t end) HWY_ATTR {
                        for (; column < end; ++column) {
                          compute_pixels<1>(shape, x, weights, bias, row,
                                            column, y);
                        }
                      };
                      one_by_one(shape.whole_begin);
                      for (; column + kPixels <= shape.whole_end;
                           column += kPixels) {
                        compute_pixels<kPixels>(shape, x, weights, bias, row,
                                                column, y);
                      }
                      one_by_one(shape.result.width);
                    });
              },
          .workspace_bytes = workspace.bytes(),
          .implementation = "own"};
}

// sums[f] += the sum over `count` pixels of their kVectors vectors times their
// dy of filter f.
template <int kVectors, int kFilters, class Lanes, class T>
HWY_INLINE void add_products(Lanes lanes, const Narrow<kFilters>& shape,
                             const T* x, const T* dy, std::int64_t count,
                             float* sums) {
  Vector totals[kVectors][kFilters];
  for (auto& vector : totals) {
    for (Vector& total : vector) total = all(0);
  }
  for (std::int64_t p = 0; p < count; ++p) {
    for (int v = 0; v < kVectors; ++v) {
      const Vector value = lanes.load(x + p * shape.step + v * kLanes);
      for (int f = 0; f < kFilters; ++f) {
        totals[v][f] =
            hn::MulAdd(value, all(dy[p * kFilters + f]), totals[v][f]);
      }
    }
  }
  for (int v = 0; v < kVectors; ++v) {
    for (int f = 0; f < kFilters; ++f) {
      float* sum = sums + f * shape.weights + v * kLanes;
      lanes.store(hn::Add(lanes.load(sum), totals[v][f]), sum);
    }
  }
}

// Adds what `count` neighbours from (row, column) on give to the weights.
template <int kFilters, class T>
HWY_INLINE void add_pixels(const Narrow<kFilters>& shape, const T* x,
                           const T* dy, std::int64_t row, std::int64_t column,
                           std::int64_t count, float* sums) {
  constexpr int kVectors = kFilters == 1 ? 6 : kFilters == 2 ? 3 : 2;
  const T* gradient = dy + (row * shape.result.width + column) * kFilters;
  const std::int64_t n = row / shape.result.height;
  shape.for_rows(
      n, row % shape.result.height, column,
      [&](std::int64_t i, std::int64_t at, std::int64_t length,
          std::int64_t first) HWY_ATTR {
        const T* from = x + at;
        float* to = sums + i * shape.run + first;
        std::int64_t v = 0;
        for (; v + kVectors * kLanes <= length; v += kVectors * kLanes) {
          add_products<kVectors>(Whole(), shape, from + v, gradient, count,
                                 to + v);
        }
        for_vectors(v, length, [&](auto lanes, std::int64_t rest) HWY_ATTR {
          add_products<1>(lanes, shape, from + rest, gradient, count,
                          to + rest);
        });
      });
}

template <int kFilters, class T>
Kernel weight_gradient(const ConvolutionShape& plain) {
  constexpr std::int64_t kMostPieces = 64;
  const Narrow<kFilters> shape(plain);
  const std::int64_t rows = shape.batch * shape.result.height;
  const std::int64_t piece = (rows + kMostPieces - 1) / kMostPieces;
  const std::int64_t pieces = (rows + piece - 1) / piece;
  const std::int64_t count = kFilters * shape.weights;
  WorkspaceLayout workspace;
  const auto partial = workspace.add<float>(pieces * count);
  return {.run =
              [=](const KernelArguments& arguments) {
                const auto* x = arguments.input<T>(0);
                const auto* dy = arguments.input<T>(1);
                auto* dw = arguments.output<float>(0);
                auto* partials = partial.in(arguments.workspace);
                parallel_tasks(pieces, [=](std::int64_t task) HWY_ATTR {
                  float* sums = partials + task * count;
                  std::fill_n(sums, count, 0.0F);
                  const std::int64_t last = std::min(rows, (task + 1) * piece);
                  for (std::int64_t row = task * piece; row < last; ++row) {
                    const std::int64_t inside =
                        shape.whole_end - shape.whole_begin;
                    for (std::int64_t c = 0; c < shape.whole_begin; ++c) {
                      add_pixels(shape, x, dy, row, c, 1, sums);
                    }
                    if (inside > 0) {
                      add_pixels(shape, x, dy, row, shape.whole_begin, inside,
                                 sums);
                    }
                    for (std::int64_t c = shape.whole_end;
                         c < shape.result.width; ++c) {
                      add_pixels(shape, x, dy, row, c, 1, sums);
                    }
                  }
                });
                for (std::int64_t k = 0; k < shape.weights; ++k) {
                  for (int f = 0; f < kFilters; ++f) {
                    double sum = 0;
                    for (std::int64_t task = 0; task < pieces; ++task) {
                      sum += static_cast<double>(
                          partials[task * count + f * shape.weights + k]);
                    }
                    dw[k * kFilters + f] = static_cast<float>(sum);
                  }
                }
              },
          .workspace_bytes = workspace.bytes(),
          .implementation = "own"};
}

constexpr std::string_view kName = "a convolution of few filters";

Kernel make_narrow_convolution(const ConvolutionShape& shape, bool has_bias) {
  return with_element(kName, {{}, shape.dtype}, [&](auto element) {
    using T = decltype(element);
    switch (shape.filters) {
      case 1:
        return forward<1, T>(shape, has_bias);
      case 2:
        return forward<2, T>(shape, has_bias);
      case 3:
        return forward<3, T>(shape, has_bias);
      default:
        return forward<4, T>(shape, has_bias);
    }
  });
}

Kernel make_narrow_weight_gradient(const ConvolutionShape& shape) {
  return with_element(kName, {{}, shape.dtype}, [&](auto element) {
    using T = decltype(element);
    switch (shape.filters) {
      case 1:
        return weight_gradient<1, T>(shape);
      case 2:
        return weight_gradient<2, T>(shape);
      case 3:
        return weight_gradient<3, T>(shape);
      default:
        return weight_gradient<4, T>(shape);
    }
  });
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {

HWY_EXPORT(make_narrow_convolution);
HWY_EXPORT(make_narrow_weight_gradient);

bool is_narrow(const ConvolutionShape& shape) {
  constexpr std::int64_t kMostFilters = 4;
  return shape.groups == 1 && shape.filters <= kMostFilters &&
         shape.window.dilation.width == 1;
}

Kernel narrow_convolution(const ConvolutionShape& shape, bool has_bias) {
  return HWY_DYNAMIC_DISPATCH(make_narrow_convolution)(shape, has_bias);
}

Kernel narrow_weight_gradient(const ConvolutionShape& shape) {
  return HWY_DYNAMIC_DISPATCH(make_narrow_weight_gradient)(shape);
}

}  // namespace lathe::cpu
#endif
