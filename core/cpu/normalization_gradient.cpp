#include <cmath>

#include "core/cpu/kernels.h"
#include "core/cpu/requirements.h"
#include "core/cpu/workspace.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/normalization_gradient.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/normalization_gradient.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

// Where g is kept between the two passes: in dr with a residual, and in dx
// where it takes long to compute; else null.
template <ActivationKind kKind, class T>
T* kept_gradient(const Gradient<T>& n) {
  using enum ActivationKind;
  if (n.r != nullptr) return n.dr;
  return kKind == swish || kKind == sigmoid || kKind == tanh ? n.dx : nullptr;
}

// Sums of g and of g times the normalised x; with a residual dr = g.
template <ActivationKind kKind, class T>
void sum_gradient(const ChannelRows& shape, std::int64_t chunk,
                  const Gradient<T>& n, float* block, double* totals) {
  sum_chunk<2>(shape, chunk, block, totals,
               gradient_terms<kKind>(n, kept_gradient<kKind>(n), 0));
}

// dx = scale (g - mean_g - normalised x mean_gxh), g from where it was kept.
template <ActivationKind kKind, class T>
void apply_gradient(const ChannelRows& shape, std::int64_t chunk,
                    const Gradient<T>& n) {
  const T* kept = kept_gradient<kKind>(n);
  sweep_chunk(shape, chunk, [n, kept](std::int64_t v) HWY_ATTR {
    const Vector mean = Whole().load(n.mean + v);
    const Vector inverse = Whole().load(n.inverse + v);
    const Vector scale = Whole().load(n.scale + v);
    const Vector beta = Whole().load(n.beta + v);
    const Vector mean_g = Whole().load(n.mean_g + v);
    const Vector mean_gxh = Whole().load(n.mean_gxh + v);
    return [=](auto lanes, std::int64_t i) HWY_ATTR {
      const Vector centred = hn::Sub(lanes.load(n.x + i), mean);
      Vector g;
      if (kept != nullptr) {
        g = lanes.load(kept + i);
      } else {
        const Vector u = hn::MulAdd(centred, scale, beta);
        g = activation_gradient_at<kKind, T>(lanes.load(n.dy + i), u);
      }
      const Vector normalised = hn::Mul(centred, inverse);
      const Vector rest =
          hn::NegMulAdd(normalised, mean_gxh, hn::Sub(g, mean_g));
      lanes.store(hn::Mul(scale, rest), n.dx + i);
    };
  });
}

template <ActivationKind kKind, class T>
Kernel batch_normalization_gradient(
    const graph::BatchNormalizationGradient& operation,
    const Signature& signature) {
  const Shape& x_shape = signature.inputs[1].shape;
  const ChannelRows shape(pixels_of(x_shape), x_shape.back());
  const std::int64_t channels = shape.channels;
  const std::int64_t width = shape.width;
  const auto ranks = operation.ranks;
  const double count =
      static_cast<double>(pixels_of(x_shape)) * (ranks ? ranks->size() : 1);
  const double epsilon = operation.epsilon;
  const bool residual = operation.residual;
  WorkspaceLayout workspace;
  const auto partials = workspace.add<double>(shape.chunks * 2 * width);
  const auto blocks = workspace.add<float>(shape.chunks * 2 * width);
  const auto totals = workspace.add<double>(2 * channels);
  const auto factors = workspace.add<float>(4 * channels);
  const auto rows = workspace.add<float>(6 * width);
  return {.run =
              [=](const KernelArguments& arguments) {
                const auto* gamma = arguments.input<float>(2);
                const auto* variance = arguments.input<float>(5);
                auto* dgamma = arguments.output<float>(1);
                auto* dbeta = arguments.output<float>(2);
                double* partial = partials.in(arguments.workspace);
                float* block = blocks.in(arguments.workspace);
                double* sum_g = totals.in(arguments.workspace);
                double* sum_gxh = sum_g + channels;
                float* inverse = factors.in(arguments.workspace);
                float* scale = inverse + channels;
                float* mean_g = scale + channels;
                float* mean_gxh = mean_g + channels;
                float* row = rows.in(arguments.workspace);
                for (std::int64_t c = 0; c < channels; ++c) {
                  const double i = 1 / std::sqrt(variance[c] + epsilon);
                  inverse[c] = static_cast<float>(i);
                  scale[c] = static_cast<float>(gamma[c] * i);
                }
                shape.spread(arguments.input<float>(4), row);
                shape.spread(inverse, row + width);
                shape.spread(scale, row + 2 * width);
                shape.spread(arguments.input<float>(3), row + 3 * width);
                const Gradient<T> gradient{
                    .dy = arguments.input<T>(0),
                    .x = arguments.input<T>(1),
                    .r = residual ? arguments.input<T>(6) : nullptr,
                    .dx = arguments.output<T>(0),
                    .dr = residual ? arguments.output<T>(3) : nullptr,
                    .mean = row,
                    .inverse = row + width,
                    .scale = row + 2 * width,
                    .beta = row + 3 * width,
                    .mean_g = row + 4 * width,
                    .mean_gxh = row + 5 * width};
                parallel_tasks(shape.chunks, [=](std::int64_t chunk) {
                  sum_gradient<kKind>(shape, chunk, gradient,
                                      block + chunk * 2 * width,
                                      partial + chunk * 2 * width);
                });
                shape.fold(partial, 2 * width, sum_g);
                shape.fold(partial + width, 2 * width, sum_gxh);
                for (std::int64_t c = 0; c < channels; ++c) {
                  dbeta[c] = static_cast<float>(sum_g[c]);
                  dgamma[c] = static_cast<float>(sum_gxh[c]);
                }
                if (ranks) {
                  ranks->all_reduce(
                      std::span(sum_g, static_cast<std::size_t>(2 * channels)));
                }
                for (std::int64_t c = 0; c < channels; ++c) {
                  mean_g[c] = static_cast<float>(sum_g[c] / count);
                  mean_gxh[c] = static_cast<float>(sum_gxh[c] / count);
                }
                shape.spread(mean_g, row + 4 * width);
                shape.spread(mean_gxh, row + 5 * width);
                // Backwards: what was summed last is still in the cache.
                parallel_tasks(shape.chunks, [=](std::int64_t task) {
                  apply_gradient<kKind>(shape, shape.chunks - 1 - task,
                                        gradient);
                });
              },
          .workspace_bytes = workspace.bytes()};
}

Kernel make_batch_normalization_gradient(
    const graph::BatchNormalizationGradient& operation,
    const Signature& signature) {
  return with_element(operation.kName, signature.inputs[0], [&](auto element) {
    return with_activation(operation.activation, [&](auto kind) {
      return batch_normalization_gradient<kind(), decltype(element)>(operation,
                                                                     signature);
    });
  });
}

template <class T>
Kernel fixed_normalization_gradient(
    const graph::FixedNormalizationGradient& operation,
    const Signature& signature) {
  const Shape& x_shape = signature.inputs[1].shape;
  const ChannelRows shape(pixels_of(x_shape), x_shape.back());
  const std::int64_t channels = shape.channels;
  const std::int64_t width = shape.width;
  const double epsilon = operation.epsilon;
  WorkspaceLayout workspace;
  const auto partials = workspace.add<double>(shape.chunks * 2 * width);
  const auto blocks = workspace.add<float>(shape.chunks * 2 * width);
  const auto totals = workspace.add<double>(2 * channels);
  const auto factors = workspace.add<float>(2 * channels);
  const auto rows = workspace.add<float>(3 * width);
  return {
      .run =
          [=](const KernelArguments& arguments) {
            const auto* dy = arguments.input<T>(0);
            const auto* x = arguments.input<T>(1);
            const auto* gamma = arguments.input<float>(2);
            const auto* variance = arguments.input<float>(4);
            auto* dx = arguments.output<T>(0);
            double* partial = partials.in(arguments.workspace);
            float* block = blocks.in(arguments.workspace);
            double* sum_g = totals.in(arguments.workspace);
            double* sum_gxh = sum_g + channels;
            float* inverse = factors.in(arguments.workspace);
            float* scale = inverse + channels;
            float* row = rows.in(arguments.workspace);
            for (std::int64_t c = 0; c < channels; ++c) {
              const double i = 1 / std::sqrt(variance[c] + epsilon);
              inverse[c] = static_cast<float>(i);
              scale[c] = static_cast<float>(gamma[c] * i);
            }
            shape.spread(arguments.input<float>(3), row);
            shape.spread(inverse, row + width);
            shape.spread(scale, row + 2 * width);
            parallel_tasks(shape.chunks, [=](std::int64_t chunk) HWY_ATTR {
              sum_chunk<2>(
                  shape, chunk, block + chunk * 2 * width,
                  partial + chunk * 2 * width, [=](std::int64_t v) HWY_ATTR {
                    const Vector mean = Whole().load(row + v);
                    const Vector inverses = Whole().load(row + width + v);
                    const Vector scales = Whole().load(row + 2 * width + v);
                    return [=](auto lanes, std::int64_t i) HWY_ATTR {
                      const Vector g = lanes.load(dy + i);
                      const Vector centred = hn::Sub(lanes.load(x + i), mean);
                      lanes.store(hn::Mul(g, scales), dx + i);
                      return std::array{g,
                                        hn::Mul(g, hn::Mul(centred, inverses))};
                    };
                  });
            });
            shape.fold(partial, 2 * width, sum_g);
            shape.fold(partial + width, 2 * width, sum_gxh);
            for (std::int64_t c = 0; c < channels; ++c) {
              arguments.output<float>(1)[c] = static_cast<float>(sum_gxh[c]);
              arguments.output<float>(2)[c] = static_cast<float>(sum_g[c]);
            }
          },
      .workspace_bytes = workspace.bytes()};
}

Kernel make_fixed_normalization_gradient(
    const graph::FixedNormalizationGradient& operation,
    const Signature& signature) {
  return with_element(operation.kName, signature.inputs[0], [&](auto element) {
    return fixed_normalization_gradient<decltype(element)>(operation,
                                                           signature);
  });
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {
LATHE_CPU_KERNEL(BatchNormalizationGradient, make_batch_normalization_gradient)
LATHE_CPU_KERNEL(FixedNormalizationGradient, make_fixed_normalization_gradient)
}  // namespace lathe::cpu
#endif
