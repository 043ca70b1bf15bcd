#include <algorithm>
#include <cmath>

#include "core/reference/dispatch.h"
#include "core/reference/kernels.h"

namespace lathe::reference {
namespace {

// The two source places that an output place mixes along one axis.
struct Mix {
  std::int64_t low = 0;
  std::int64_t high = 0;
  double share = 0;  // of high
};

Mix mix_at(graph::UpSamplingKind kind, std::int64_t place, std::int64_t factor,
           std::int64_t extent) {
  if (kind == graph::UpSamplingKind::nearest) {
    return {.low = place / factor, .high = place / factor};
  }
  const double source =
      (static_cast<double>(place) + 0.5) / static_cast<double>(factor) - 0.5;
  const auto low = static_cast<std::int64_t>(std::floor(source));
  return {.low = std::max<std::int64_t>(low, 0),
          .high = std::min(low + 1, extent - 1),
          .share = source - std::floor(source)};
}

// Calls visit(pixel of the large image, pixel of the small one, weight) for all
// that the map joins.
template <class Visit>
void for_each_weight(graph::Size2D factor, graph::UpSamplingKind kind,
                     const Shape& small, Visit visit) {
  const std::int64_t height = small[1] * factor.height;
  const std::int64_t width = small[2] * factor.width;
  for (std::int64_t n = 0; n < small[0]; ++n) {
    for (std::int64_t row = 0; row < height; ++row) {
      const Mix y = mix_at(kind, row, factor.height, small[1]);
      for (std::int64_t column = 0; column < width; ++column) {
        const Mix x = mix_at(kind, column, factor.width, small[2]);
        const std::int64_t large = (n * height + row) * width + column;
        const auto join = [&](std::int64_t i, std::int64_t j, double weight) {
          if (weight != 0) {
            visit(large, (n * small[1] + i) * small[2] + j, weight);
          }
        };
        join(y.low, x.low, (1 - y.share) * (1 - x.share));
        join(y.low, x.high, (1 - y.share) * x.share);
        join(y.high, x.low, y.share * (1 - x.share));
        join(y.high, x.high, y.share * x.share);
      }
    }
  }
}

}  // namespace

Kernel make(const graph::UpSampling& operation, const Signature& signature) {
  const Shape small = signature.inputs[0].shape;
  const Shape large = signature.outputs[0].shape;
  return dispatch(
      operation.kName, signature.inputs[0].dtype, [&](auto type) -> Kernel {
        using T = decltype(type);
        return {.run = [=](const KernelArguments& memory) {
          const std::int64_t channels = small[3];
          const T* x = memory.input<T>(0);
          T* y = memory.output<T>(0);
          std::fill_n(y, large.elements(), T{0});
          for_each_weight(
              operation.factor, operation.kind, small,
              [&](std::int64_t to, std::int64_t from, double weight) {
                for (std::int64_t c = 0; c < channels; ++c) {
                  y[to * channels + c] +=
                      static_cast<T>(weight) * x[from * channels + c];
                }
              });
        }};
      });
}

Kernel make(const graph::UpSamplingGradient& operation,
            const Signature& signature) {
  const Shape small = signature.outputs[0].shape;
  return dispatch(
      operation.kName, signature.inputs[0].dtype, [&](auto type) -> Kernel {
        using T = decltype(type);
        return {.run = [=](const KernelArguments& memory) {
          const std::int64_t channels = small[3];
          const T* dy = memory.input<T>(0);
          T* dx = memory.output<T>(0);
          std::fill_n(dx, small.elements(), T{0});
          for_each_weight(
              operation.factor, operation.kind, small,
              [&](std::int64_t from, std::int64_t to, double weight) {
                for (std::int64_t c = 0; c < channels; ++c) {
                  dx[to * channels + c] +=
                      static_cast<T>(weight) * dy[from * channels + c];
                }
              });
        }};
      });
}

}  // namespace lathe::reference
