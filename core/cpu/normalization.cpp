#include <cmath>

#include "core/cpu/kernels.h"
#include "core/cpu/requirements.h"
#include "core/cpu/workspace.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/normalization.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/functions.h"
#include "core/cpu/row_sweep.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

// y = f((x - mean) scale + offset [+ r]), each a row of the tensor.
template <class T>
struct Normalizer {
  const T* x;
  const T* r;  // null without a residual
  const float* mean;
  const float* scale;
  const float* offset;
  Output<T> y;
};

template <ActivationKind kKind, class T>
void normalize_chunk(const ChannelRows& shape, std::int64_t chunk,
                     const Normalizer<T>& n) {
  sweep_chunk(shape, chunk, [n](std::int64_t v) HWY_ATTR {
    const Vector mean = Whole().load(n.mean + v);
    const Vector scale = Whole().load(n.scale + v);
    const Vector offset = Whole().load(n.offset + v);
    return [n, mean, scale, offset](auto lanes, std::int64_t i) HWY_ATTR {
      const Vector centred = hn::Sub(lanes.load(n.x + i), mean);
      Vector u = hn::MulAdd(centred, scale, offset);
      if (n.r != nullptr) u = hn::Add(u, lanes.load(n.r + i));
      n.y.store(lanes, activate<kKind, T>(u), i);
    };
  });
  n.y.finish();
}

// A chunk's columns: the sums of x in totals[v], those of its squares in
// totals[width + v]. The squares are taken about a value near the column's
// mean, so that no digits cancel.
template <class T>
class Measurement {
 public:
  // `block`: room for three rows.
  Measurement(const ChannelRows& shape, const T* x, float* block,
              double* totals)
      : shape_(shape),
        x_(x),
        sum_(block),
        square_(block + shape.width),
        middle_(block + 2 * shape.width),
        totals_(totals) {}

  void run(std::int64_t chunk) const {
    std::fill_n(totals_, 2 * shape_.width, 0.0);
    const std::int64_t first = chunk * shape_.chunk_rows;
    const std::int64_t last = std::min(first + shape_.chunk_rows, shape_.rows);
    const std::int64_t step = block_rows(shape_);
    std::fill_n(sum_, 3 * shape_.width, 0.0F);
    if (kOnce) find_middle(first, std::min(first + kSome, last));
    for (std::int64_t row = first; row < last; row += step) {
      measure(row, std::min(row + step, last));
    }
    if (chunk == shape_.chunks - 1 && shape_.tail > 0) {
      if (!kOnce) sum_tail<1>(shape_, middle_, values());
      sum_tail<2>(shape_, sum_, distances<true>());
      join(1, shape_.tail);
    }
  }

 private:
  // Values in bfloat16 have few digits: the mean of some rows is near enough to
  // that of others.
  static constexpr bool kOnce = std::is_same_v<T, BFloat16>;
  static constexpr std::int64_t kSome = 16;

  auto values() const {
    return [x = x_](std::int64_t) HWY_ATTR {
      return [x](auto lanes, std::int64_t i)
                 HWY_ATTR { return std::array{lanes.load(x + i)}; };
    };
  }

  // The squares of distances from the middle, and before them, if asked for,
  // the distances.
  template <bool kWithSums>
  auto distances() const {
    return [x = x_, middle = middle_](std::int64_t v) HWY_ATTR {
      const Vector m = Whole().load(middle + v);
      return [x, m](auto lanes, std::int64_t i) HWY_ATTR {
        const Vector d = hn::Sub(lanes.load(x + i), m);
        if constexpr (kWithSums) {
          return std::array{d, hn::Mul(d, d)};
        } else {
          return std::array{hn::Mul(d, d)};
        }
      };
    };
  }

  void find_middle(std::int64_t first, std::int64_t last) const {
    if (first >= last) return;
    sum_rows<1>(shape_, first, last, middle_, values());
    const auto count = static_cast<float>(last - first);
    for (std::int64_t v = 0; v < shape_.width; ++v) middle_[v] /= count;
  }

  // A block of rows, which stays in the cache.
  void measure(std::int64_t first, std::int64_t last) const {
    if constexpr (kOnce) {
      sum_rows<2>(shape_, first, last, sum_, distances<true>());
    } else {
      find_middle(first, last);
      sum_rows<1>(shape_, first, last, square_, distances<false>());
    }
    join(last - first, shape_.width);
  }

  void join(std::int64_t rows, std::int64_t width) const {
    const auto count = static_cast<double>(rows);
    for (std::int64_t v = 0; v < width; ++v) {
      const double middle = middle_[v];
      const double sum = sum_[v];
      totals_[v] += sum + count * middle;
      totals_[shape_.width + v] +=
          square_[v] + 2 * middle * sum + count * middle * middle;
    }
  }

  const ChannelRows& shape_;
  const T* x_;
  float* sum_;
  float* square_;  // behind sum_
  float* middle_;
  double* totals_;
};

// What a channel is normalised with, a value each.
struct ChannelValues {
  const float* gamma;
  const float* beta;
  const float* mean;
  const float* variance;
};

// The rows of these. `factor` is room for a value a channel, `row` for three
// rows.
template <class T>
Normalizer<T> normalizer_of(const ChannelRows& shape, const T* x, const T* r,
                            const ChannelValues& values, double epsilon,
                            float* factor, float* row, Output<T> y) {
  const std::int64_t width = shape.width;
  for (std::int64_t c = 0; c < shape.channels; ++c) {
    factor[c] = static_cast<float>(values.gamma[c] /
                                   std::sqrt(values.variance[c] + epsilon));
  }
  shape.spread(values.mean, row);
  shape.spread(factor, row + width);
  shape.spread(values.beta, row + 2 * width);
  return {.x = x,
          .r = r,
          .mean = row,
          .scale = row + width,
          .offset = row + 2 * width,
          .y = y};
}

template <ActivationKind kKind, class T>
Kernel batch_normalization(const graph::BatchNormalization& operation,
                           const Signature& signature) {
  const Shape& x_shape = signature.inputs[0].shape;
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
  const auto blocks = workspace.add<float>(shape.chunks * 3 * width);
  const auto totals = workspace.add<double>(2 * channels);
  const auto factors = workspace.add<float>(channels);
  const auto rows = workspace.add<float>(3 * width);
  return {.run =
              [=](const KernelArguments& arguments) {
                const auto* x = arguments.input<T>(0);
                auto* mean = arguments.output<float>(1);
                auto* variance = arguments.output<float>(2);
                double* partial = partials.in(arguments.workspace);
                float* block = blocks.in(arguments.workspace);
                double* sum = totals.in(arguments.workspace);
                double* square = sum + channels;
                parallel_tasks(shape.chunks, [=](std::int64_t chunk) {
                  Measurement(shape, x, block + chunk * 3 * width,
                              partial + chunk * 2 * width)
                      .run(chunk);
                });
                shape.fold(partial, 2 * width, sum);
                shape.fold(partial + width, 2 * width, square);
                if (ranks) {
                  ranks->all_reduce(
                      std::span(sum, static_cast<std::size_t>(2 * channels)));
                }
                for (std::int64_t c = 0; c < channels; ++c) {
                  const double m = sum[c] / count;
                  const double v = std::max(square[c] / count - m * m, 0.0);
                  mean[c] = static_cast<float>(m);
                  variance[c] = static_cast<float>(v);
                }
                const auto normalizer = normalizer_of(
                    shape, x, residual ? arguments.input<T>(3) : nullptr,
                    {.gamma = arguments.input<float>(1),
                     .beta = arguments.input<float>(2),
                     .mean = mean,
                     .variance = variance},
                    epsilon, factors.in(arguments.workspace),
                    rows.in(arguments.workspace),
                    Output(arguments.output<T>(0), shape.elements, width));
                // Backwards: what was measured last is still in the cache.
                parallel_tasks(shape.chunks, [=](std::int64_t task) {
                  normalize_chunk<kKind>(shape, shape.chunks - 1 - task,
                                         normalizer);
                });
              },
          .workspace_bytes = workspace.bytes()};
}

template <ActivationKind kKind, class T>
Kernel fixed_normalization(const graph::FixedNormalization& operation,
                           const Signature& signature) {
  const Shape& x_shape = signature.inputs[0].shape;
  const ChannelRows shape(pixels_of(x_shape), x_shape.back());
  const std::int64_t channels = shape.channels;
  const std::int64_t width = shape.width;
  const double epsilon = operation.epsilon;
  const bool residual = operation.residual;
  WorkspaceLayout workspace;
  const auto factors = workspace.add<float>(channels);
  const auto rows = workspace.add<float>(3 * width);
  return {.run =
              [=](const KernelArguments& arguments) {
                const auto* x = arguments.input<T>(0);
                auto* y = arguments.output<T>(0);
                const auto normalizer = normalizer_of(
                    shape, x, residual ? arguments.input<T>(5) : nullptr,
                    {.gamma = arguments.input<float>(1),
                     .beta = arguments.input<float>(2),
                     .mean = arguments.input<float>(3),
                     .variance = arguments.input<float>(4)},
                    epsilon, factors.in(arguments.workspace),
                    rows.in(arguments.workspace),
                    Output(y, x == y ? 0 : shape.elements, width));
                parallel_tasks(shape.chunks, [=](std::int64_t chunk) {
                  normalize_chunk<kKind>(shape, chunk, normalizer);
                });
              },
          .workspace_bytes = workspace.bytes()};
}

Kernel make_batch_normalization(const graph::BatchNormalization& operation,
                                const Signature& signature) {
  return with_element(operation.kName, signature.inputs[0], [&](auto element) {
    return with_activation(operation.activation, [&](auto kind) {
      return batch_normalization<kind(), decltype(element)>(operation,
                                                            signature);
    });
  });
}

Kernel make_fixed_normalization(const graph::FixedNormalization& operation,
                                const Signature& signature) {
  return with_element(operation.kName, signature.inputs[0], [&](auto element) {
    return with_activation(operation.activation, [&](auto kind) {
      return fixed_normalization<kind(), decltype(element)>(operation,
                                                            signature);
    });
  });
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {

LATHE_CPU_KERNEL(BatchNormalization, make_batch_normalization)
LATHE_CPU_KERNEL(FixedNormalization, make_fixed_normalization)

Kernel make(const graph::NormalizedWeights& operation,
            const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const std::int64_t channels = signature.outputs[1].shape[0];
  const std::int64_t inner = operation.inner;
  const std::int64_t rows =
      signature.inputs[0].shape.elements() / (channels * inner);
  const bool has_bias = signature.inputs.size() == 6;
  constexpr std::int64_t kGrain = 1 << 16;
  WorkspaceLayout workspace;
  const auto factors = workspace.add<float>(channels * inner);
  return {
      .run =
          [=, epsilon = operation.epsilon](const KernelArguments& arguments) {
            const auto* gamma = arguments.input<float>(1);
            const auto* beta = arguments.input<float>(2);
            const auto* mean = arguments.input<float>(3);
            const auto* variance = arguments.input<float>(4);
            const auto* bias = has_bias ? arguments.input<float>(5) : nullptr;
            float* factor = factors.in(arguments.workspace);
            for (std::int64_t c = 0; c < channels; ++c) {
              const double scale = gamma[c] / std::sqrt(variance[c] + epsilon);
              const double offset = bias == nullptr ? 0.0F : bias[c];
              arguments.output<float>(1)[c] =
                  static_cast<float>((offset - mean[c]) * scale + beta[c]);
              std::fill_n(factor + c * inner, inner, static_cast<float>(scale));
            }
            const std::int64_t row = channels * inner;
            const auto* w = arguments.input<float>(0);
            auto* scaled = arguments.output<float>(0);
            parallel_ranges(rows, (kGrain + row - 1) / row,
                            [=](std::int64_t first, std::int64_t last) {
                              for (std::int64_t r = first; r < last; ++r) {
                                for (std::int64_t i = 0; i < row; ++i) {
                                  scaled[r * row + i] =
                                      w[r * row + i] * factor[i];
                                }
                              }
                            });
          },
      .workspace_bytes = workspace.bytes()};
}

Kernel make(const graph::MovingStatistics& operation,
            const Signature& signature) {
  std::vector<std::int64_t> channels;
  for (std::size_t i = 1; i < signature.inputs.size(); i += 2) {
    require_float32(operation.kName, signature.inputs[i]);
    channels.push_back(signature.inputs[i].shape[0]);
  }
  return {.run = [operation, channels](const KernelArguments& arguments) {
    const auto rate =
        static_cast<float>(operation.rate(*arguments.input<std::int64_t>(0)));
    for (std::size_t i = 0; i < channels.size(); ++i) {
      auto* moving = arguments.written<float>(2 * i + 1);
      const auto* batch = arguments.input<float>(2 * i + 2);
      for (std::int64_t c = 0; c < channels[i]; ++c) {
        moving[c] += rate * (batch[c] - moving[c]);
      }
    }
  }};
}

}  // namespace lathe::cpu
#endif
