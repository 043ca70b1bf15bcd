#include <limits>
#include <type_traits>

#include "core/cpu/kernels.h"
#include "core/cpu/requirements.h"
#include "core/cpu/targets.h"
#include "core/cpu/workspace.h"
#include "core/reference/focal.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/categorical_loss.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/class_truth.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

// What the rows are to be.
template <class Target>
class Rows {
 public:
  Rows(const graph::LossOptions& options, std::int64_t classes)
      : smoothing_(options, classes),
        classes_(classes),
        weights_(options.class_weights),
        gamma_(options.gamma) {}

  static constexpr bool kIds = !std::is_same_v<Target, float>;

  // How many of the rows [first, last) count.
  std::int64_t counted(const Target* t, std::int64_t first,
                       std::int64_t last) const {
    if constexpr (kIds) return cpu::counted(t, first, last);
    std::int64_t result = 0;
    for (std::int64_t row = first; row < last; ++row) {
      result += counts(t, row) ? 1 : 0;
    }
    return result;
  }
  bool counts(const Target* t, std::int64_t row) const {
    if constexpr (kIds) return !is_ignored(t[row]);
    const auto* here = t + row * classes_;
    return std::any_of(here, here + classes_, [](auto x) { return x != 0; });
  }
  // The class whose weight counts.
  std::int64_t class_of(const Target* t, std::int64_t row) const {
    if constexpr (kIds) return t[row];
    const auto* here = t + row * classes_;
    return std::max_element(here, here + classes_) - here;
  }
  bool is_class(std::int64_t id) const { return id >= 0 && id < classes_; }
  float weight(std::int64_t id) const {
    return weights_.empty() ? 1 : weights_[static_cast<std::size_t>(id)];
  }
  // What focusing makes of a row's loss, and of its slopes.
  double focused(double loss) const {
    return gamma_ == 0 ? loss : loss * reference::focal_factor(loss, gamma_);
  }
  bool is_focused() const { return gamma_ > 0; }
  double focused_slope(double loss) const {
    return reference::focal_slope(loss, gamma_);
  }
  auto truth(const Target* t, std::int64_t row) const {
    if constexpr (kIds) {
      return OneClass(t[row], smoothing_);
    } else {
      return Distribution(t + row * classes_, smoothing_);
    }
  }

 private:
  Smoothing smoothing_;
  std::int64_t classes_;
  std::vector<float> weights_;
  double gamma_;
};

template <class Target>
std::int64_t total_counted(const Rows<Target>& rows, const Pieces& pieces,
                           const Target* t, std::int64_t* counts) {
  pieces.run([&, t](std::int64_t piece, std::int64_t first, std::int64_t last) {
    counts[piece] = rows.counted(t, first, last);
  });
  std::int64_t total = 0;
  for (std::int64_t i = 0; i < pieces.count; ++i) total += counts[i];
  return total;
}

// `room` is for a number a class.
template <bool kLogits, class Truth>
double loss_of(const Truth& truth, const float* p, std::int64_t classes,
               float* room) {
  return kLogits ? truth.loss_of_logits(p, classes, room)
                 : truth.loss_of_probabilities(p, classes);
}

template <bool kLogits, class Target>
Kernel loss(const Rows<Target>& rows, std::int64_t count,
            std::int64_t classes) {
  const Pieces pieces(count, row_grain(classes));
  WorkspaceLayout workspace;
  const auto sums = workspace.add<double>(pieces.count);
  const auto counts = workspace.add<std::int64_t>(pieces.count);
  const auto rooms = workspace.add<float>(pieces.count * classes);
  return {
      .run =
          [=](const KernelArguments& arguments) {
            const auto* p = arguments.input<float>(0);
            const auto* t = arguments.input<Target>(1);
            double* sum = sums.in(arguments.workspace);
            float* room = rooms.in(arguments.workspace);
            pieces.run([&, p, t](std::int64_t piece, std::int64_t first,
                                 std::int64_t last) {
              double total = 0;
              for (std::int64_t row = first; row < last; ++row) {
                if (!rows.counts(t, row)) continue;
                const std::int64_t id = rows.class_of(t, row);
                if (!rows.is_class(id)) {
                  total = std::numeric_limits<double>::quiet_NaN();
                  break;
                }
                total +=
                    rows.weight(id) * rows.focused(loss_of<kLogits>(
                                          rows.truth(t, row), p + row * classes,
                                          classes, room + piece * classes));
              }
              sum[piece] = total;
            });
            *arguments.output<float>(0) = mean_of(
                pieces, sum,
                total_counted(rows, pieces, t, counts.in(arguments.workspace)));
          },
      .workspace_bytes = workspace.bytes()};
}

template <bool kLogits, class Target>
Kernel gradient(const Rows<Target>& rows, std::int64_t count,
                std::int64_t classes) {
  const Pieces pieces(count, row_grain(classes));
  WorkspaceLayout workspace;
  const auto counts = workspace.add<std::int64_t>(pieces.count);
  return {.run =
              [=](const KernelArguments& arguments) {
                const float dloss = *arguments.input<float>(0);
                const auto* p = arguments.input<float>(1);
                const auto* t = arguments.input<Target>(2);
                auto* dp = arguments.output<float>(0);
                const auto total = static_cast<float>(total_counted(
                    rows, pieces, t, counts.in(arguments.workspace)));
                const float each = dloss / std::max(total, 1.0F);
                pieces.run([&, p, t, dp, each](std::int64_t, std::int64_t first,
                                               std::int64_t last) {
                  for (std::int64_t row = first; row < last; ++row) {
                    float* here = dp + row * classes;
                    const std::int64_t id = rows.class_of(t, row);
                    if (!rows.counts(t, row) || !rows.is_class(id)) {
                      std::fill_n(here, classes, 0.0F);
                      continue;
                    }
                    const auto truth = rows.truth(t, row);
                    const float* given = p + row * classes;
                    float scale = each * rows.weight(id);
                    if (rows.is_focused()) {
                      scale *= static_cast<float>(rows.focused_slope(
                          loss_of<kLogits>(truth, given, classes, here)));
                    }
                    if (kLogits) {
                      truth.slope_of_logits(given, classes, scale, here);
                    } else {
                      truth.slope_of_probabilities(given, classes, scale, here);
                    }
                  }
                });
              },
          .workspace_bytes = workspace.bytes()};
}

// make(rows) for targets of that type.
template <class Make>
Kernel with_rows(const graph::LossOptions& options, const TensorSpec& p,
                 DType target, Make make) {
  const std::int64_t classes = p.shape.back();
  if (target == DType::float32) return make(Rows<float>(options, classes));
  return with_target_type(target, [&](auto type) {
    return make(Rows<decltype(type)>(options, classes));
  });
}

Kernel make_loss(const graph::CategoricalCrossentropy& operation,
                 const Signature& signature) {
  const TensorSpec& p = signature.inputs[0];
  require_float32(operation.kName, p);
  const std::int64_t classes = p.shape.back();
  const std::int64_t count = p.shape.elements() / classes;
  return with_rows(operation.options, p, signature.inputs[1].dtype,
                   [&](const auto& rows) {
                     return operation.options.from_logits
                                ? loss<true>(rows, count, classes)
                                : loss<false>(rows, count, classes);
                   });
}

Kernel make_gradient(const graph::CategoricalCrossentropyGradient& operation,
                     const Signature& signature) {
  const TensorSpec& p = signature.inputs[1];
  require_float32(operation.kName, p);
  const std::int64_t classes = p.shape.back();
  const std::int64_t count = p.shape.elements() / classes;
  return with_rows(operation.options, p, signature.inputs[2].dtype,
                   [&](const auto& rows) {
                     return operation.options.from_logits
                                ? gradient<true>(rows, count, classes)
                                : gradient<false>(rows, count, classes);
                   });
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {
LATHE_CPU_KERNEL(CategoricalCrossentropy, make_loss)
LATHE_CPU_KERNEL(CategoricalCrossentropyGradient, make_gradient)
}  // namespace lathe::cpu
#endif
