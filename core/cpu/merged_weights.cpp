#include <algorithm>

#include "core/cpu/kernels.h"
#include "core/cpu/requirements.h"
#include "core/parallel.h"

// Each tap of the result is the sum of a box of the source's taps, matrices
// (A, B), or of their transposes.
namespace lathe::cpu {
namespace {

// A side of the box of the result's tap `place`: [first, last).
struct Range {
  std::int64_t first;
  std::int64_t last;

  Range(std::int64_t place, std::int64_t factor, std::int64_t extent)
      : first(std::max<std::int64_t>(place, 0)),
        last(std::min(place + factor, extent)) {}
};

struct TapSums {
  Shape source;
  Shape result;
  graph::Size2D factor;
  bool transposed;
  // Where the box of tap (0, 0) begins.
  graph::Size2D begin{.height = 0, .width = 0};

  void add(const float* from, float* to) const {
    const std::int64_t a = result[2];
    const std::int64_t b = result[3];
    if (!transposed) {
      for (std::int64_t i = 0; i < a * b; ++i) to[i] += from[i];
      return;
    }
    for (std::int64_t i = 0; i < a; ++i) {
      for (std::int64_t j = 0; j < b; ++j) to[i * b + j] += from[j * a + i];
    }
  }

  // `source_tap` and `result_tap` number the taps as they are stored.
  template <class SourceTap, class ResultTap>
  void run(const float* from, float* to, SourceTap source_tap,
           ResultTap result_tap) const {
    const std::int64_t matrix = result[2] * result[3];
    parallel_tasks(result[0] * result[1], [&](std::int64_t tap) {
      float* sums = to + result_tap(tap) * matrix;
      std::fill_n(sums, matrix, 0.0F);
      const Range rows(tap / result[1] + begin.height, factor.height,
                       source[0]);
      const Range columns(tap % result[1] + begin.width, factor.width,
                          source[1]);
      for (std::int64_t i = rows.first; i < rows.last; ++i) {
        for (std::int64_t j = columns.first; j < columns.last; ++j) {
          add(from + source_tap(i * source[1] + j) * matrix, sums);
        }
      }
    });
  }
};

// Tap by tap, or from the last one on.
auto order_of(const Shape& weights, bool turned) {
  return [last = weights[0] * weights[1] - 1, turned](std::int64_t tap) {
    return turned ? last - tap : tap;
  };
}

}  // namespace

Kernel make(const graph::MergedWeights& operation, const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const TapSums sums{.source = signature.inputs[0].shape,
                     .result = signature.outputs[0].shape,
                     .factor = operation.factor,
                     .transposed = operation.transposed,
                     .begin = {.height = 1 - operation.factor.height,
                               .width = 1 - operation.factor.width}};
  return {.run = [sums](const KernelArguments& arguments) {
    sums.run(arguments.input<float>(0), arguments.output<float>(0),
             order_of(sums.source, sums.transposed),
             order_of(sums.result, false));
  }};
}

Kernel make(const graph::MergedWeightsGradient& operation,
            const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const TapSums sums{.source = signature.inputs[0].shape,
                     .result = signature.outputs[0].shape,
                     .factor = operation.factor,
                     .transposed = operation.transposed};
  return {.run = [sums](const KernelArguments& arguments) {
    sums.run(arguments.input<float>(0), arguments.output<float>(0),
             order_of(sums.source, false),
             order_of(sums.result, sums.transposed));
  }};
}

}  // namespace lathe::cpu
