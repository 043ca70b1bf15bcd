#include <algorithm>
#include <cmath>

#include "core/reference/activation.h"
#include "core/reference/dispatch.h"
#include "core/reference/focal.h"
#include "core/reference/kernels.h"
#include "core/reference/targets.h"

namespace lathe::reference {
namespace {

// What a target of 0 or 1 stands for.
double smoothed(const graph::LossOptions& options, std::int32_t t) {
  return t * (1 - options.label_smoothing) + options.label_smoothing / 2;
}

double weight(const graph::LossOptions& options, std::int32_t t) {
  return options.class_weights.empty()
             ? 1
             : options.class_weights[static_cast<std::size_t>(t)];
}

template <class T>
double loss_of(bool from_logits, T p, double t) {
  if (from_logits) {
    const double x = p;
    return std::max(x, 0.0) - x * t + std::log1p(std::exp(-std::abs(x)));
  }
  const double q = std::clamp(p, kLowest<T>, kHighest<T>);
  return -t * std::log(q) - (1 - t) * std::log(1 - q);
}

template <class T>
double slope_of(bool from_logits, T p, double t) {
  const double q = p;
  if (from_logits) return sigmoid(q) - t;
  if (p < kLowest<T> || p > kHighest<T>) return 0;
  return (q - t) / (q * (1 - q));
}

template <class T>
double focused_loss(const graph::LossOptions& options, T p, double t) {
  const double loss = loss_of(options.from_logits, p, t);
  return options.gamma == 0 ? loss : loss * focal_factor(loss, options.gamma);
}

template <class T>
double focused_slope(const graph::LossOptions& options, T p, double t) {
  const double slope = slope_of(options.from_logits, p, t);
  if (options.gamma == 0) return slope;
  return slope * focal_slope(loss_of(options.from_logits, p, t), options.gamma);
}

}  // namespace

Kernel make(const graph::BinaryCrossentropy& operation,
            const Signature& signature) {
  const graph::LossOptions options = operation.options;
  const std::int64_t count = signature.inputs[0].shape.elements();
  const DType target_type = signature.inputs[1].dtype;
  return dispatch(
      operation.kName, signature.inputs[0].dtype, [&](auto type) -> Kernel {
        using T = decltype(type);
        return {.run = [=](const KernelArguments& memory) {
          const Targets targets(memory, 1, target_type);
          double total = 0;
          for (std::int64_t i = 0; i < count; ++i) {
            if (targets.ignored(i)) continue;
            const std::int32_t t = targets[i];
            total += weight(options, t) * focused_loss(options,
                                                       memory.input<T>(0)[i],
                                                       smoothed(options, t));
          }
          const double counted = targets.counted(count);
          memory.output<T>(0)[0] =
              static_cast<T>(counted == 0 ? 0 : total / counted);
        }};
      });
}

Kernel make(const graph::BinaryCrossentropyGradient& operation,
            const Signature& signature) {
  const graph::LossOptions options = operation.options;
  const std::int64_t count = signature.inputs[1].shape.elements();
  const DType target_type = signature.inputs[2].dtype;
  return dispatch(
      operation.kName, signature.inputs[1].dtype, [&](auto type) -> Kernel {
        using T = decltype(type);
        return {.run = [=](const KernelArguments& memory) {
          const Targets targets(memory, 2, target_type);
          const double scale = static_cast<double>(memory.input<T>(0)[0]) /
                               targets.counted(count);
          for (std::int64_t i = 0; i < count; ++i) {
            const std::int32_t t = targets[i];
            memory.output<T>(0)[i] = static_cast<T>(
                targets.ignored(i)
                    ? 0
                    : scale * weight(options, t) *
                          focused_slope(options, memory.input<T>(1)[i],
                                        smoothed(options, t)));
          }
        }};
      });
}

}  // namespace lathe::reference
