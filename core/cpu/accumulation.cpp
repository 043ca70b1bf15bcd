#include <algorithm>
#include <cmath>

#include "core/cpu/kernels.h"
#include "core/cpu/weight_pieces.h"
#include "core/cpu/workspace.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/accumulation.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/simd.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

Kernel make_accumulate_gradients(const graph::AccumulateGradients& operation,
                                 const Signature& signature) {
  std::vector<Piece> pieces = pieces_of(operation.kName, signature, 0, 2);
  return {.run = [pieces](const KernelArguments& arguments) {
    run_pieces(pieces, [&](std::size_t i) {
      const Piece& piece = pieces[i];
      const float* g = arguments.input<float>(piece.input);
      float* sum = arguments.written<float>(piece.input + 1);
      for_vectors(piece.begin, piece.end,
                  [=](auto lanes, std::int64_t k) HWY_ATTR {
                    lanes.store(hn::Add(lanes.load(g + k), lanes.load(sum + k)),
                                sum + k);
                  });
    });
  }};
}

Kernel make_weight_averages(const graph::WeightAverages& operation,
                            const Signature& signature) {
  std::vector<Piece> pieces = pieces_of(operation.kName, signature, 1, 2);
  return {.run = [pieces, operation](const KernelArguments& arguments) {
    const bool started =
        *arguments.input<std::int64_t>(0) >= operation.accumulation_steps;
    const auto momentum =
        static_cast<float>(started ? operation.momentum : 0.0);
    const float rest = 1 - momentum;
    run_pieces(pieces, [&](std::size_t i) {
      const Piece& piece = pieces[i];
      const float* w = arguments.input<float>(piece.input);
      float* average = arguments.written<float>(piece.input + 1);
      for_vectors(
          piece.begin, piece.end, [=](auto lanes, std::int64_t k) HWY_ATTR {
            const Vector old = hn::Mul(lanes.load(average + k), all(momentum));
            lanes.store(hn::MulAdd(lanes.load(w + k), all(rest), old),
                        average + k);
          });
    });
  }};
}

double sum_of_squares(const float* x, std::int64_t begin, std::int64_t end) {
  constexpr std::int64_t kBlock = 1024;
  double total = 0;
  for (std::int64_t first = begin; first < end; first += kBlock) {
    Vector sum = all(0);
    for_vectors(first, std::min(first + kBlock, end),
                [&](auto lanes, std::int64_t i) HWY_ATTR {
                  const Vector value = lanes.load(x + i);
                  sum = hn::MulAdd(value, value, sum);
                });
    total += hn::GetLane(hn::SumOfLanes(Floats(), sum));
  }
  return total;
}

Kernel make_gradient_scales(const graph::GradientScales& operation,
                            const Signature& signature) {
  std::vector<Piece> pieces = pieces_of(operation.kName, signature, 0, 1);
  const std::size_t weights = signature.inputs.size();
  WorkspaceLayout workspace;
  const auto sums =
      workspace.add<double>(static_cast<std::int64_t>(pieces.size()));
  return {.run =
              [=](const KernelArguments& arguments) {
                double* squares = sums.in(arguments.workspace);
                run_pieces(pieces, [&, squares](std::size_t i) {
                  const Piece& piece = pieces[i];
                  squares[i] =
                      sum_of_squares(arguments.input<float>(piece.input),
                                     piece.begin, piece.end);
                });
                float* scales = arguments.output<float>(0);
                const auto scale = [&](double square) {
                  const double norm =
                      std::sqrt(square) /
                      static_cast<double>(operation.accumulation_steps);
                  // NaN where the norm is no finite number: a divergence must
                  // not be hidden.
                  return static_cast<float>(norm <= operation.limit
                                                ? 1
                                                : operation.limit / norm +
                                                      (norm - norm));
                };
                double all_squares = 0;
                std::size_t i = 0;
                for (std::size_t weight = 0; weight < weights; ++weight) {
                  double square = 0;
                  for (; i < pieces.size() && pieces[i].weight == weight; ++i) {
                    square += squares[i];
                  }
                  all_squares += square;
                  scales[weight] = scale(square);
                }
                if (operation.global) {
                  std::fill_n(scales, weights, scale(all_squares));
                }
              },
          .workspace_bytes = workspace.bytes()};
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {
LATHE_CPU_KERNEL(AccumulateGradients, make_accumulate_gradients)
LATHE_CPU_KERNEL(GradientScales, make_gradient_scales)
LATHE_CPU_KERNEL(WeightAverages, make_weight_averages)
}  // namespace lathe::cpu
#endif
