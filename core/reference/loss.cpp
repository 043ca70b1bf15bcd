#include <algorithm>
#include <cmath>
#include <limits>

#include "core/reference/activation.h"
#include "core/reference/dispatch.h"
#include "core/reference/kernels.h"

namespace lathe::reference {
namespace {

// Keras' bounds, rounded as Keras rounds them.
template <class T>
constexpr T kLow = static_cast<T>(1e-7);
template <class T>
constexpr T kHigh = static_cast<T>(1 - 1e-7);

template <class T>
double binary_loss(bool from_logits, T p, int t) {
  if (from_logits) {
    const double x = p;
    return std::max(x, 0.0) - x * t + std::log1p(std::exp(-std::abs(x)));
  }
  const double q = std::clamp(p, kLow<T>, kHigh<T>);
  return -t * std::log(q) - (1 - t) * std::log(1 - q);
}

template <class T>
double binary_slope(bool from_logits, T p, int t) {
  const double q = p;
  if (from_logits) return sigmoid(q) - t;
  if (p < kLow<T> || p > kHigh<T>) return 0;
  return (q - t) / (q * (1 - q));
}

// The targets of a tensor, uint8 or int32.
class Targets {
 public:
  Targets(const KernelArguments& memory, std::size_t input, DType dtype)
      : bytes_(dtype == DType::uint8 ? memory.input<std::uint8_t>(input)
                                     : nullptr),
        words_(dtype == DType::int32 ? memory.input<std::int32_t>(input)
                                     : nullptr) {}

  std::int32_t operator[](std::int64_t i) const {
    return bytes_ != nullptr ? bytes_[i] : words_[i];
  }
  // How many of `count` are not to ignore.
  double counted(std::int64_t count) const {
    double result = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      if ((*this)[i] != graph::kIgnoredTarget) ++result;
    }
    return result;
  }

 private:
  const std::uint8_t* bytes_;
  const std::int32_t* words_;
};

template <class T>
double log_sum_exp(const T* p, std::int64_t classes) {
  const double largest = *std::max_element(p, p + classes);
  double sum = 0;
  for (std::int64_t c = 0; c < classes; ++c) sum += std::exp(p[c] - largest);
  return largest + std::log(sum);
}

template <class T>
double sum(const T* p, std::int64_t classes) {
  double result = 0;
  for (std::int64_t c = 0; c < classes; ++c) result += p[c];
  return result;
}

// The loss of one row with target t.
template <class T>
double categorical_loss(bool from_logits, const T* p, std::int64_t classes,
                        std::int32_t t) {
  if (t < 0 || t >= classes) return std::numeric_limits<double>::quiet_NaN();
  if (from_logits) return log_sum_exp(p, classes) - p[t];
  const auto q = static_cast<T>(p[t] / sum(p, classes));
  return -std::log(static_cast<double>(std::clamp(q, kLow<T>, kHigh<T>)));
}

// Its derivative with regard to p[c].
template <class T>
double categorical_slope(bool from_logits, const T* p, std::int64_t classes,
                         std::int32_t t, std::int64_t c) {
  if (t < 0 || t >= classes) return 0;
  const double is_target = c == t ? 1 : 0;
  if (from_logits) return std::exp(p[c] - log_sum_exp(p, classes)) - is_target;
  const double total = sum(p, classes);
  const auto q = static_cast<T>(p[t] / total);
  if (q < kLow<T> || q > kHigh<T>) return 0;
  return 1 / total - is_target / p[t];
}

}  // namespace

Kernel make(const graph::BinaryCrossentropy& operation,
            const Signature& signature) {
  const bool from_logits = operation.from_logits;
  const std::int64_t count = signature.inputs[0].shape.elements();
  return dispatch(
      operation.kName, signature.inputs[0].dtype, [&](auto type) -> Kernel {
        using T = decltype(type);
        return {.run = [=](const KernelArguments& memory) {
          const Targets targets(memory, 1, DType::uint8);
          double total = 0;
          for (std::int64_t i = 0; i < count; ++i) {
            if (targets[i] == graph::kIgnoredTarget) continue;
            total +=
                binary_loss(from_logits, memory.input<T>(0)[i], targets[i]);
          }
          const double counted = targets.counted(count);
          memory.output<T>(0)[0] =
              static_cast<T>(counted == 0 ? 0 : total / counted);
        }};
      });
}

Kernel make(const graph::BinaryCrossentropyGradient& operation,
            const Signature& signature) {
  const bool from_logits = operation.from_logits;
  const std::int64_t count = signature.inputs[1].shape.elements();
  return dispatch(
      operation.kName, signature.inputs[1].dtype, [&](auto type) -> Kernel {
        using T = decltype(type);
        return {.run = [=](const KernelArguments& memory) {
          const Targets targets(memory, 2, DType::uint8);
          const double scale = static_cast<double>(memory.input<T>(0)[0]) /
                               targets.counted(count);
          for (std::int64_t i = 0; i < count; ++i) {
            const bool ignored = targets[i] == graph::kIgnoredTarget;
            memory.output<T>(0)[i] = static_cast<T>(
                ignored
                    ? 0
                    : scale * binary_slope(from_logits, memory.input<T>(1)[i],
                                           targets[i]));
          }
        }};
      });
}

Kernel make(const graph::SparseCategoricalCrossentropy& operation,
            const Signature& signature) {
  const bool from_logits = operation.from_logits;
  const std::int64_t classes = signature.inputs[0].shape.back();
  const std::int64_t rows = signature.inputs[1].shape.elements();
  const DType target_type = signature.inputs[1].dtype;
  return dispatch(
      operation.kName, signature.inputs[0].dtype, [&](auto type) -> Kernel {
        using T = decltype(type);
        return {.run = [=](const KernelArguments& memory) {
          const Targets targets(memory, 1, target_type);
          double total = 0;
          for (std::int64_t row = 0; row < rows; ++row) {
            if (targets[row] == graph::kIgnoredTarget) continue;
            total += categorical_loss(from_logits,
                                      memory.input<T>(0) + row * classes,
                                      classes, targets[row]);
          }
          const double counted = targets.counted(rows);
          memory.output<T>(0)[0] =
              static_cast<T>(counted == 0 ? 0 : total / counted);
        }};
      });
}

Kernel make(const graph::SparseCategoricalCrossentropyGradient& operation,
            const Signature& signature) {
  const bool from_logits = operation.from_logits;
  const std::int64_t classes = signature.inputs[1].shape.back();
  const std::int64_t rows = signature.inputs[2].shape.elements();
  const DType target_type = signature.inputs[2].dtype;
  return dispatch(
      operation.kName, signature.inputs[1].dtype, [&](auto type) -> Kernel {
        using T = decltype(type);
        return {.run = [=](const KernelArguments& memory) {
          const Targets targets(memory, 2, target_type);
          const double scale = static_cast<double>(memory.input<T>(0)[0]) /
                               targets.counted(rows);
          for (std::int64_t row = 0; row < rows; ++row) {
            const bool ignored = targets[row] == graph::kIgnoredTarget;
            const T* p = memory.input<T>(1) + row * classes;
            T* dp = memory.output<T>(0) + row * classes;
            for (std::int64_t c = 0; c < classes; ++c) {
              dp[c] = static_cast<T>(
                  ignored ? 0
                          : scale * categorical_slope(from_logits, p, classes,
                                                      targets[row], c));
            }
          }
        }};
      });
}

}  // namespace lathe::reference
