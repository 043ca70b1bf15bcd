#include "core/cuda/divisor.h"
#include "core/cuda/for_each.h"
#include "core/cuda/vector.h"
#include "core/graph/operations/merged_weights.h"

// Each tap of the result is the sum of a box of the source's taps, matrices
// (A, B), or of their transposes. A thread sums neighbouring elements of a tap.
namespace lathe::cuda {
namespace {

struct Side {
  int source;  // taps
  int factor;
  int begin;  // of the box of tap 0

  template <class Visit>
  __device__ void for_box(int tap, Visit visit) const {
    for (int i = 0; i < factor; ++i) {
      const int at = tap + begin + i;
      if (at >= 0 && at < source) visit(at);
    }
  }
};

template <int kCount, bool kTransposed>
struct TapSums {
  Side rows;
  Side columns;
  Divisor vectors;  // of a matrix
  Divisor result_columns;
  Divisor b;
  std::uint32_t a;
  std::uint32_t result_taps;
  // Whose taps are stored from the last one on, where matrices are transposed.
  bool turns_source;
  const float* from;
  float* to;

  __device__ void operator()(std::uint32_t i) const {
    const std::uint32_t tap = vectors.quotient(i);
    const std::uint32_t at = (i - tap * vectors.value()) * kCount;
    const std::uint32_t row = result_columns.quotient(tap);
    const std::uint32_t matrix = vectors.value() * kCount;
    std::uint32_t source = at;
    if constexpr (kTransposed) {
      const std::uint32_t line = b.quotient(at);
      source = (at - line * b.value()) * a + line;
    }
    Vector<float, kCount> sum{};
    rows.for_box(static_cast<int>(row), [&](int r) {
      const std::uint32_t column = tap - row * result_columns.value();
      columns.for_box(static_cast<int>(column), [&](int c) {
        auto source_tap = static_cast<std::uint32_t>(r * columns.source + c);
        if (kTransposed && turns_source) {
          const int last = rows.source * columns.source - 1;
          source_tap = static_cast<std::uint32_t>(last) - source_tap;
        }
        const auto some = load<kCount>(from + source_tap * matrix + source);
        for (int k = 0; k < kCount; ++k) sum[k] += some[k];
      });
    });
    const bool turns_result = kTransposed && !turns_source;
    const std::uint32_t to_tap = turns_result ? result_taps - 1 - tap : tap;
    store(sum, to + to_tap * matrix + at);
  }
};

template <int kCount, bool kTransposed, class Operation>
Kernel tap_sums(const Operation& operation, const Signature& signature,
                graph::Size2D begin, bool turns_source) {
  const Shape& source = signature.inputs[0].shape;
  const Shape& result = signature.outputs[0].shape;
  const auto side = [](std::int64_t extent, std::int64_t factor,
                       std::int64_t first) {
    return Side{.source = static_cast<int>(extent),
                .factor = static_cast<int>(factor),
                .begin = static_cast<int>(first)};
  };
  TapSums<kCount, kTransposed> sums{
      .rows = side(source[0], operation.factor.height, begin.height),
      .columns = side(source[1], operation.factor.width, begin.width),
      .vectors = Divisor{result[2] * result[3] / kCount},
      .result_columns = Divisor(result[1]),
      .b = Divisor(result[3]),
      .a = static_cast<std::uint32_t>(result[2]),
      .result_taps = static_cast<std::uint32_t>(result[0] * result[1]),
      .turns_source = turns_source};
  return {.run = [sums, count = result.elements() /
                                kCount](const KernelArguments& call) mutable {
    sums.from = call.input<float>(0);
    sums.to = call.output<float>(0);
    for_each(call, count, sums);
  }};
}

template <class Operation>
Kernel make_sums(const Operation& operation, const Signature& signature,
                 graph::Size2D begin, bool turns_source) {
  require_float32(operation.kName, signature.inputs[0]);
  require_index(operation.kName, signature.inputs[0]);
  require_index(operation.kName, signature.outputs[0]);
  if (operation.transposed) {
    return tap_sums<1, true>(operation, signature, begin, turns_source);
  }
  const Shape& result = signature.outputs[0].shape;
  return result[2] * result[3] % kVector == 0
             ? tap_sums<kVector, false>(operation, signature, begin,
                                        turns_source)
             : tap_sums<1, false>(operation, signature, begin, turns_source);
}

}  // namespace

Kernel make(const graph::MergedWeights& operation, const Signature& signature) {
  return make_sums(operation, signature,
                   {.height = 1 - operation.factor.height,
                    .width = 1 - operation.factor.width},
                   true);
}

Kernel make(const graph::MergedWeightsGradient& operation,
            const Signature& signature) {
  return make_sums(operation, signature, {.height = 0, .width = 0}, false);
}

}  // namespace lathe::cuda
