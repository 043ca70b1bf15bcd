#include "core/cuda/element_type.h"
#include "core/cuda/vector.h"
#include "core/cuda/window.h"
#include "core/graph/operations/upsampling.h"

// A thread computes a vector of channels of one pixel. The gradient gathers: a
// small pixel sums the large ones that it is part of, in their order.
namespace lathe::cuda {
namespace {

using graph::UpSamplingKind;

// The two source places that a place of the large image mixes along an axis.
struct Mix {
  int low;
  int high;
  float share;  // of high

  // Half-pixel centres: (place + 0.5) / factor - 0.5, in whole numbers of 1 /
  // (2 factor).
  __device__ Mix(int place, int factor, int extent) {
    const int twice = 2 * place + 1 - factor;
    const int floor = twice >= 0 ? twice / (2 * factor) : -1;
    share = static_cast<float>(twice - floor * 2 * factor) /
            static_cast<float>(2 * factor);
    low = floor < 0 ? 0 : floor;
    high = floor + 1 < extent ? floor + 1 : extent - 1;
  }

  __device__ float weight_of(int source) const {
    return (source == low ? 1 - share : 0.0F) + (source == high ? share : 0.0F);
  }
};

struct Scaling {
  PixelIndex small;
  PixelIndex large;
  int factor_rows;
  int factor_columns;

  __device__ int small_rows() const {
    return static_cast<int>(small.height.value());
  }
  __device__ int small_columns() const {
    return static_cast<int>(small.width.value());
  }
};

template <class T, int kCount, UpSamplingKind kKind>
__global__ void __launch_bounds__(kThreads)
    enlarge(Scaling shapes, std::uint32_t count, const T* x, T* y) {
  for (auto i = static_cast<std::uint32_t>(thread_index()); i < count;
       i += static_cast<std::uint32_t>(thread_total())) {
    const auto at = shapes.large.place(i);
    const auto source = [&](int row, int column) {
      return load<kCount>(
          x + shapes.small.offset(at.image, row, column, at.channel));
    };
    Vector<float, kCount> result;
    if constexpr (kKind == UpSamplingKind::nearest) {
      result = source(at.row / shapes.factor_rows,
                      at.column / shapes.factor_columns);
    } else {
      const Mix rows(at.row, shapes.factor_rows, shapes.small_rows());
      const Mix columns(at.column, shapes.factor_columns,
                        shapes.small_columns());
      const auto a = source(rows.low, columns.low);
      const auto b = source(rows.low, columns.high);
      const auto c = source(rows.high, columns.low);
      const auto d = source(rows.high, columns.high);
      for (int k = 0; k < kCount; ++k) {
        result[k] =
            (1 - rows.share) *
                ((1 - columns.share) * a[k] + columns.share * b[k]) +
            rows.share * ((1 - columns.share) * c[k] + columns.share * d[k]);
      }
    }
    store(result, y + std::int64_t{i} * kCount);
  }
}

// The large places that a small one may be part of: [first, last].
struct Reach {
  int first;
  int last;

  template <UpSamplingKind kKind>
  __device__ static Reach of(int place, int factor, int extent) {
    if constexpr (kKind == UpSamplingKind::nearest) {
      return {place * factor, place * factor + factor - 1};
    }
    // Less than one small place from its centre to either side.
    const int margin = (factor + 1) / 2;
    const int first = place * factor - margin;
    const int last = place * factor + factor - 1 + margin;
    return {first < 0 ? 0 : first,
            last < extent * factor ? last : extent * factor - 1};
  }
};

template <class T, int kCount, UpSamplingKind kKind>
__global__ void __launch_bounds__(kThreads)
    gather(Scaling shapes, std::uint32_t count, const T* dy, T* dx) {
  for (auto i = static_cast<std::uint32_t>(thread_index()); i < count;
       i += static_cast<std::uint32_t>(thread_total())) {
    const auto at = shapes.small.place(i);
    const Reach rows =
        Reach::of<kKind>(at.row, shapes.factor_rows, shapes.small_rows());
    const Reach columns = Reach::of<kKind>(at.column, shapes.factor_columns,
                                           shapes.small_columns());
    Vector<float, kCount> sum{};
    for (int row = rows.first; row <= rows.last; ++row) {
      float row_weight = 1;
      if constexpr (kKind == UpSamplingKind::bilinear) {
        row_weight =
            Mix(row, shapes.factor_rows, shapes.small_rows()).weight_of(at.row);
      }
      for (int column = columns.first; column <= columns.last; ++column) {
        float weight = row_weight;
        if constexpr (kKind == UpSamplingKind::bilinear) {
          weight *= Mix(column, shapes.factor_columns, shapes.small_columns())
                        .weight_of(at.column);
        }
        const auto values = load<kCount>(
            dy + shapes.large.offset(at.image, row, column, at.channel));
        for (int k = 0; k < kCount; ++k) sum[k] += weight * values[k];
      }
    }
    store(sum, dx + std::int64_t{i} * kCount);
  }
}

// Calls make_kernel(shapes, vector size, kind, an element), the size and the
// kind as types' values.
template <class Make>
Kernel upsampling(std::string_view operation, graph::Size2D factor,
                  UpSamplingKind kind, const TensorSpec& small,
                  const TensorSpec& large, Make make_kernel) {
  require_index(operation, large);
  const auto with_kind = [&](auto size) {
    const Scaling shapes{.small = PixelIndex(small.shape, size),
                         .large = PixelIndex(large.shape, size),
                         .factor_rows = static_cast<int>(factor.height),
                         .factor_columns = static_cast<int>(factor.width)};
    return with_element_type(operation, small, [&](auto type) {
      using enum UpSamplingKind;
      return kind == nearest
                 ? make_kernel(
                       shapes, size,
                       std::integral_constant<UpSamplingKind, nearest>{}, type)
                 : make_kernel(
                       shapes, size,
                       std::integral_constant<UpSamplingKind, bilinear>{},
                       type);
    });
  };
  return small.shape[3] % kVector == 0
             ? with_kind(std::integral_constant<int, kVector>{})
             : with_kind(std::integral_constant<int, 1>{});
}

}  // namespace

Kernel make(const graph::UpSampling& operation, const Signature& signature) {
  const std::int64_t elements = signature.outputs[0].shape.elements();
  return upsampling(
      operation.kName, operation.factor, operation.kind, signature.inputs[0],
      signature.outputs[0],
      [elements](const Scaling& shapes, auto size, auto kind,
                 auto type) -> Kernel {
        using T = decltype(type);
        return {.run = [shapes,
                        count = elements / size](const KernelArguments& call) {
          launch(call, grid_over(count),
                 enlarge<T, decltype(size)::value, decltype(kind)::value>,
                 shapes, static_cast<std::uint32_t>(count), call.input<T>(0),
                 call.output<T>(0));
        }};
      });
}

Kernel make(const graph::UpSamplingGradient& operation,
            const Signature& signature) {
  const std::int64_t elements = signature.outputs[0].shape.elements();
  return upsampling(
      operation.kName, operation.factor, operation.kind, signature.outputs[0],
      signature.inputs[0],
      [elements](const Scaling& shapes, auto size, auto kind,
                 auto type) -> Kernel {
        using T = decltype(type);
        return {.run = [shapes,
                        count = elements / size](const KernelArguments& call) {
          launch(call, grid_over(count),
                 gather<T, decltype(size)::value, decltype(kind)::value>,
                 shapes, static_cast<std::uint32_t>(count), call.input<T>(0),
                 call.output<T>(0));
        }};
      });
}

}  // namespace lathe::cuda
