#include <cmath>
#include <limits>

#include "core/cpu/kernels.h"
#include "core/cpu/requirements.h"
#include "core/cpu/targets.h"
#include "core/cpu/workspace.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/categorical_loss.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/class_rows.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

// Keras' bounds of a probability.
constexpr auto kLow = static_cast<float>(1e-7);
constexpr auto kHigh = static_cast<float>(1 - 1e-7);

// The loss of a row, and through `dp` (not null) its gradient times `scale`. A
// target that is no class has no loss to speak of.
HWY_INLINE double loss_of_logits(const float* p, std::int64_t classes,
                                 std::int64_t t, float* room) {
  const auto e = exponentials(p, classes, room);
  return static_cast<double>(std::log(e.sum)) + e.largest - p[t];
}

HWY_INLINE double loss_of_probabilities(const float* p, std::int64_t classes,
                                        std::int64_t t) {
  const float q = p[t] / row_sum(p, classes);
  return -std::log(std::clamp(q, kLow, kHigh));
}

// scale (softmax(p) - one at t)
HWY_INLINE void slope_of_logits(const float* p, std::int64_t classes,
                                std::int64_t t, float scale, float* dp) {
  const float factor = scale / exponentials(p, classes, dp).sum;
  for_vectors(0, classes, [=](auto lanes, std::int64_t c) HWY_ATTR {
    lanes.store(hn::Mul(lanes.load(dp + c), all(factor)), dp + c);
  });
  dp[t] -= scale;
}

// scale (1 / sum(p) - one at t / p[t]), zero beyond the bounds
HWY_INLINE void slope_of_probabilities(const float* p, std::int64_t classes,
                                       std::int64_t t, float scale, float* dp) {
  const float sum = row_sum(p, classes);
  const float q = p[t] / sum;
  const bool beyond = q < kLow || q > kHigh;
  std::fill_n(dp, classes, beyond ? 0.0F : scale / sum);
  if (!beyond) dp[t] -= scale / p[t];
}

template <bool kLogits, class Target>
Kernel loss(std::int64_t rows, std::int64_t classes) {
  const Pieces pieces(rows, row_grain(classes));
  WorkspaceLayout workspace;
  const auto sums = workspace.add<double>(pieces.count);
  const auto counts = workspace.add<std::int64_t>(pieces.count);
  const auto rooms = workspace.add<float>(pieces.count * classes);
  return {.run =
              [=](const KernelArguments& arguments) {
                const auto* p = arguments.input<float>(0);
                const auto* t = arguments.input<Target>(1);
                double* sum = sums.in(arguments.workspace);
                float* room = rooms.in(arguments.workspace);
                pieces.run([=](std::int64_t piece, std::int64_t first,
                               std::int64_t last) {
                  double total = 0;
                  for (std::int64_t row = first; row < last; ++row) {
                    const std::int64_t target = t[row];
                    if (target == graph::kIgnoredTarget) continue;
                    if (target < 0 || target >= classes) {
                      total = std::numeric_limits<double>::quiet_NaN();
                      break;
                    }
                    const float* here = p + row * classes;
                    total += kLogits
                                 ? loss_of_logits(here, classes, target,
                                                  room + piece * classes)
                                 : loss_of_probabilities(here, classes, target);
                  }
                  sum[piece] = total;
                });
                *arguments.output<float>(0) =
                    mean_of(pieces, sum,
                            counted(pieces, t, counts.in(arguments.workspace)));
              },
          .workspace_bytes = workspace.bytes()};
}

template <bool kLogits, class Target>
Kernel gradient(std::int64_t rows, std::int64_t classes) {
  const Pieces pieces(rows, row_grain(classes));
  WorkspaceLayout workspace;
  const auto counts = workspace.add<std::int64_t>(pieces.count);
  return {.run =
              [=](const KernelArguments& arguments) {
                const float dloss = *arguments.input<float>(0);
                const auto* p = arguments.input<float>(1);
                const auto* t = arguments.input<Target>(2);
                auto* dp = arguments.output<float>(0);
                const auto total = static_cast<float>(
                    counted(pieces, t, counts.in(arguments.workspace)));
                const float scale = dloss / std::max(total, 1.0F);
                pieces.run(
                    [=](std::int64_t, std::int64_t first, std::int64_t last) {
                      for (std::int64_t row = first; row < last; ++row) {
                        const std::int64_t target = t[row];
                        float* here = dp + row * classes;
                        if (target < 0 || target >= classes) {
                          std::fill_n(here, classes, 0.0F);
                        } else if (kLogits) {
                          slope_of_logits(p + row * classes, classes, target,
                                          scale, here);
                        } else {
                          slope_of_probabilities(p + row * classes, classes,
                                                 target, scale, here);
                        }
                      }
                    });
              },
          .workspace_bytes = workspace.bytes()};
}

Kernel make_loss(const graph::SparseCategoricalCrossentropy& operation,
                 const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const std::int64_t classes = signature.inputs[0].shape.back();
  const std::int64_t rows = signature.inputs[1].shape.elements();
  if (signature.inputs[1].dtype == DType::uint8) {
    return operation.from_logits ? loss<true, std::uint8_t>(rows, classes)
                                 : loss<false, std::uint8_t>(rows, classes);
  }
  return operation.from_logits ? loss<true, std::int32_t>(rows, classes)
                               : loss<false, std::int32_t>(rows, classes);
}

Kernel make_gradient(
    const graph::SparseCategoricalCrossentropyGradient& operation,
    const Signature& signature) {
  require_float32(operation.kName, signature.inputs[1]);
  const std::int64_t classes = signature.inputs[1].shape.back();
  const std::int64_t rows = signature.inputs[2].shape.elements();
  if (signature.inputs[2].dtype == DType::uint8) {
    return operation.from_logits ? gradient<true, std::uint8_t>(rows, classes)
                                 : gradient<false, std::uint8_t>(rows, classes);
  }
  return operation.from_logits ? gradient<true, std::int32_t>(rows, classes)
                               : gradient<false, std::int32_t>(rows, classes);
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {
LATHE_CPU_KERNEL(SparseCategoricalCrossentropy, make_loss)
LATHE_CPU_KERNEL(SparseCategoricalCrossentropyGradient, make_gradient)
}  // namespace lathe::cpu
#endif
