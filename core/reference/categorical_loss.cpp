#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/reference/dispatch.h"
#include "core/reference/focal.h"
#include "core/reference/kernels.h"
#include "core/reference/targets.h"

namespace lathe::reference {
namespace {

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

// What a row is to be: its target as a distribution, and its weight.
struct Truth {
  std::vector<double> share;
  double weight = 1;
  bool counts = true;
  bool valid = true;
};

template <class T>
class Truths {
 public:
  Truths(const graph::LossOptions& options, const KernelArguments& memory,
         std::size_t input, DType dtype, std::int64_t classes)
      : options_(options),
        ids_(memory, input, dtype),
        rows_(dtype == dtype_of<T> ? memory.input<T>(input) : nullptr),
        classes_(classes) {}

  Truth operator[](std::int64_t row) const {
    Truth truth;
    truth.share.resize(static_cast<std::size_t>(classes_));
    std::int64_t id = 0;
    if (rows_ != nullptr) {
      const T* t = rows_ + row * classes_;
      std::copy_n(t, classes_, truth.share.begin());
      id = std::max_element(t, t + classes_) - t;
      truth.counts = std::any_of(t, t + classes_, [](T x) { return x != 0; });
    } else {
      id = ids_[row];
      truth.counts = !ids_.ignored(row);
      truth.valid = id >= 0 && id < classes_;
    }
    if (!truth.counts || !truth.valid) return truth;
    const auto i = static_cast<std::size_t>(id);
    if (rows_ == nullptr) truth.share[i] = 1;
    for (double& share : truth.share) {
      share = share * (1 - options_.label_smoothing) +
              options_.label_smoothing / static_cast<double>(classes_);
    }
    if (!options_.class_weights.empty()) {
      truth.weight = options_.class_weights[i];
    }
    return truth;
  }

  double counted(std::int64_t rows) const {
    double result = 0;
    for (std::int64_t row = 0; row < rows; ++row) {
      result += (*this)[row].counts ? 1 : 0;
    }
    return result;
  }

 private:
  graph::LossOptions options_;
  Targets ids_;
  const T* rows_;
  std::int64_t classes_;
};

template <class T>
double loss_of(bool from_logits, const T* p, const std::vector<double>& t) {
  const auto classes = static_cast<std::int64_t>(t.size());
  const double total = from_logits ? log_sum_exp(p, classes) : sum(p, classes);
  double loss = 0;
  for (std::size_t c = 0; c < t.size(); ++c) {
    if (from_logits) {
      loss += t[c] * (total - p[c]);
    } else if (t[c] != 0) {
      const auto q =
          std::clamp(static_cast<T>(p[c] / total), kLowest<T>, kHighest<T>);
      loss -= t[c] * std::log(static_cast<double>(q));
    }
  }
  return loss;
}

// The loss' derivative with regard to each of p, times `scale`.
template <class T>
void slope_of(bool from_logits, const T* p, const std::vector<double>& t,
              double scale, T* dp) {
  const auto classes = static_cast<std::int64_t>(t.size());
  const double total = from_logits ? log_sum_exp(p, classes) : sum(p, classes);
  const auto share = [&](std::size_t c) {
    if (from_logits) return t[c];
    const auto q = static_cast<T>(p[c] / total);
    return q < kLowest<T> || q > kHighest<T> ? 0 : t[c];
  };
  double shares = 0;
  for (std::size_t c = 0; c < t.size(); ++c) shares += share(c);
  for (std::size_t c = 0; c < t.size(); ++c) {
    const double slope =
        from_logits ? shares * std::exp(p[c] - total) - share(c)
                    : shares / total - (share(c) == 0 ? 0 : share(c) / p[c]);
    dp[c] = static_cast<T>(scale * slope);
  }
}

}  // namespace

Kernel make(const graph::CategoricalCrossentropy& operation,
            const Signature& signature) {
  const graph::LossOptions options = operation.options;
  const std::int64_t classes = signature.inputs[0].shape.back();
  const std::int64_t rows = signature.inputs[0].shape.elements() / classes;
  const DType target_type = signature.inputs[1].dtype;
  return dispatch(
      operation.kName, signature.inputs[0].dtype, [&](auto type) -> Kernel {
        using T = decltype(type);
        return {.run = [=](const KernelArguments& memory) {
          const Truths<T> truths(options, memory, 1, target_type, classes);
          double total = 0;
          for (std::int64_t row = 0; row < rows; ++row) {
            const Truth truth = truths[row];
            if (!truth.counts) continue;
            if (!truth.valid) {
              total = std::numeric_limits<double>::quiet_NaN();
              break;
            }
            const double loss =
                loss_of(options.from_logits, memory.input<T>(0) + row * classes,
                        truth.share);
            total +=
                truth.weight * loss *
                (options.gamma > 0 ? focal_factor(loss, options.gamma) : 1);
          }
          const double counted = truths.counted(rows);
          memory.output<T>(0)[0] =
              static_cast<T>(counted == 0 ? 0 : total / counted);
        }};
      });
}

Kernel make(const graph::CategoricalCrossentropyGradient& operation,
            const Signature& signature) {
  const graph::LossOptions options = operation.options;
  const std::int64_t classes = signature.inputs[1].shape.back();
  const std::int64_t rows = signature.inputs[1].shape.elements() / classes;
  const DType target_type = signature.inputs[2].dtype;
  return dispatch(
      operation.kName, signature.inputs[1].dtype, [&](auto type) -> Kernel {
        using T = decltype(type);
        return {.run = [=](const KernelArguments& memory) {
          const Truths<T> truths(options, memory, 2, target_type, classes);
          const double scale =
              static_cast<double>(memory.input<T>(0)[0]) / truths.counted(rows);
          for (std::int64_t row = 0; row < rows; ++row) {
            const Truth truth = truths[row];
            const T* p = memory.input<T>(1) + row * classes;
            T* dp = memory.output<T>(0) + row * classes;
            if (!truth.counts || !truth.valid) {
              std::fill_n(dp, classes, T{});
              continue;
            }
            double factor = scale * truth.weight;
            if (options.gamma > 0) {
              factor *= focal_slope(
                  loss_of(options.from_logits, p, truth.share), options.gamma);
            }
            slope_of(options.from_logits, p, truth.share, factor, dp);
          }
        }};
      });
}

}  // namespace lathe::reference
