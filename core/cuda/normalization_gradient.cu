#include "core/cuda/activation_kind.h"
#include "core/cuda/element_type.h"
#include "core/cuda/normalization.h"
#include "core/cuda/rank_sums.h"
#include "core/graph/operations/normalization.h"
#include "core/reference/activation.h"

namespace lathe::cuda {
namespace {

using graph::ActivationKind;

// With z the normalised x, u = gamma z + beta [+ r] and y = f(u), g = dy f'(u):
// sums of g and of g z.
struct GradientSums {
  double g = 0;
  double gz = 0;

  __device__ GradientSums& operator+=(const GradientSums& other) {
    g += other.g;
    gz += other.gz;
    return *this;
  }
};

template <class T>
struct Gradient {
  ChannelStatistics statistics;
  const T* dy;
  const T* x;
  const T* r;  // null without a residual
  T* flowing;  // gets g with a residual
  T* dx;       // gets g gamma / sqrt(variance + epsilon) where not null
};

// Rows that are read at once.
constexpr int kGradientGroup = 4;

// A thread sums in float32, what threads have is summed in float64: of so many
// rows float32 keeps enough.
Columns columns_to_sum(std::int64_t rows, std::int64_t columns) {
  constexpr std::int64_t kMostRows = 128;
  return {
      rows, columns,
      std::max(kSummingBlocks, divide_up(rows * columns, kMostRows * kThreads)),
      kGradientGroup, kSummingColumns};
}

template <ActivationKind kKind, bool kResidual, int kCount, class T>
__global__ void __launch_bounds__(kThreads)
    sum_gradient(Columns all, Gradient<T> gradient, GradientSums* partial) {
  const RowsOfThread rows(all);
  Sums<float, kCount> sum;
  Sums<float, kCount> sum_z;
  if (rows.first < rows.end) {
    const ChannelFactors<kCount> factors(gradient.statistics,
                                         rows.column * kCount);
    for (std::int64_t row = rows.first; row < rows.end;
         row += kGradientGroup * rows.step) {
      const int count = rows.count_from(row, kGradientGroup);
      Vector<float, kCount> x[kGradientGroup];
      Vector<float, kCount> g[kGradientGroup];
      Vector<float, kCount> r[kGradientGroup]{};
      for (int i = 0; i < kGradientGroup; ++i) {
        const std::int64_t at =
            ((row + (i < count ? i : 0) * rows.step) * all.columns +
             rows.column) *
            kCount;
        x[i] = load<kCount>(gradient.x + at);
        g[i] = load<kCount>(gradient.dy + at);
        if constexpr (kResidual) r[i] = load<kCount>(gradient.r + at);
      }
      for (int i = 0; i < kGradientGroup; ++i) {
        if (i >= count) break;
        for (int k = 0; k < kCount; ++k) {
          g[i][k] *=
              reference::slope_at(kKind, factors.scaled(x[i][k], k) + r[i][k]);
          sum[k] += g[i][k];
          sum_z[k] += g[i][k] * factors.normalized(x[i][k], k);
        }
        const std::int64_t at =
            ((row + i * rows.step) * all.columns + rows.column) * kCount;
        if constexpr (kResidual) store(g[i], gradient.flowing + at);
        if (gradient.dx != nullptr) {
          for (int k = 0; k < kCount; ++k) g[i][k] *= factors.scale[k];
          store(g[i], gradient.dx + at);
        }
      }
    }
  }
  Sums<GradientSums, kCount> own;
  for (int k = 0; k < kCount; ++k) own[k] = {.g = sum[k], .gz = sum_z[k]};
  add_lines(all, own);
  if (!rows.is_first_line) return;
  for (int k = 0; k < kCount; ++k) {
    partial[(blockIdx.y * all.columns + rows.column) * kCount + k] = own[k];
  }
}

struct WriteSums {
  float* dgamma;
  float* dbeta;

  __device__ void operator()(std::int64_t channel,
                             const GradientSums& sums) const {
    dgamma[channel] = static_cast<float>(sums.gz);
    dbeta[channel] = static_cast<float>(sums.g);
  }
};

// With n the rows of all ranks, dgamma and dbeta their sums,
// dx = gamma / sqrt(variance + epsilon) (g - dbeta / n - z dgamma / n), g from
// `flowing` where it is there. dx may be dy.
template <ActivationKind kKind, int kCount, class T>
__global__ void __launch_bounds__(kThreads)
    apply_gradient(Columns all, Gradient<T> gradient, const float* dgamma,
                   const float* dbeta, float row_count) {
  const RowsOfThread rows(all);
  if (rows.end == 0) return;
  const std::int64_t channel = rows.column * kCount;
  const ChannelFactors<kCount> factors(gradient.statistics, channel);
  auto mean_g = load<kCount>(dbeta + channel);
  auto mean_gz = load<kCount>(dgamma + channel);
  for (int k = 0; k < kCount; ++k) {
    mean_g[k] /= row_count;
    mean_gz[k] /= row_count;
  }
  for (std::int64_t row = rows.first; row < rows.end; row += rows.step) {
    const std::int64_t at = (row * all.columns + rows.column) * kCount;
    const auto x = load<kCount>(gradient.x + at);
    const bool known = gradient.flowing != nullptr;
    auto g = load<kCount>((known ? gradient.flowing : gradient.dy) + at);
    if (!known) {
      for (int k = 0; k < kCount; ++k) {
        g[k] *= reference::slope_at(kKind, factors.scaled(x[k], k));
      }
    }
    for (int k = 0; k < kCount; ++k) {
      g[k] = factors.scale[k] *
             (g[k] - mean_g[k] - factors.normalized(x[k], k) * mean_gz[k]);
    }
    store(g, gradient.dx + at);
  }
}

// The sums to outputs 1 and 2.
template <ActivationKind kKind, bool kResidual, int kCount, class T>
void write_sums(const KernelArguments& call, const Columns& all,
                const Gradient<T>& gradient) {
  auto* partial = static_cast<GradientSums*>(call.workspace);
  launch(call, all.grid(sizeof(Sums<GradientSums, kCount>)),
         sum_gradient<kKind, kResidual, kCount, T>, all, gradient, partial);
  sum_chunks<GradientSums>(call, all.chunks, all.columns * kCount, partial,
                           WriteSums{.dgamma = call.output<float>(1),
                                     .dbeta = call.output<float>(2)});
}

// With other ranks, the sums of all of them.
struct SumsOfRanks {
  std::shared_ptr<Communicator> ranks;
  std::int64_t chunks;
  std::int64_t channels;

  std::size_t bytes() const {
    if (!ranks) return 0;
    return static_cast<std::size_t>(channels) *
           (sizeof(GradientSums) + 2 * sizeof(float));
  }

  // What the chunks of all ranks add up to, where write_sums() left its own.
  WriteSums sum(const KernelArguments& call) const {
    auto* partial = static_cast<GradientSums*>(call.workspace);
    GradientSums* totals = partial + chunks * channels;
    auto* floats = reinterpret_cast<float*>(totals + channels);
    const WriteSums all{.dgamma = floats, .dbeta = floats + channels};
    sum_chunks_of_ranks<GradientSums>(call, ranks, chunks, channels, partial,
                                      totals, all);
    return all;
  }
};

std::size_t workspace_bytes(const Columns& all, int vector) {
  return static_cast<std::size_t>(all.chunks * all.columns * vector) *
         sizeof(GradientSums);
}

template <class T>
Kernel batch_gradient(const graph::BatchNormalizationGradient& operation,
                      const Shape& shape) {
  const auto epsilon = static_cast<float>(operation.epsilon);
  const bool residual = operation.residual;
  const auto ranks = operation.ranks;
  if (ranks) connect(*ranks);
  const int rank_count = ranks ? ranks->size() : 1;
  return with_channels(shape, [&](std::int64_t row_count, std::int64_t columns,
                                  auto size) {
    constexpr int kCount = decltype(size)::value;
    const Columns summing = columns_to_sum(row_count, columns);
    const Columns writing = columns_to_write(row_count, columns);
    const SumsOfRanks of_ranks{
        .ranks = ranks, .chunks = summing.chunks, .channels = columns * kCount};
    const auto all_rows = static_cast<float>(row_count * rank_count);
    return with_kind<T>(operation.activation, [&](auto kind) -> Kernel {
      constexpr ActivationKind kKind = decltype(kind)::value;
      return {.run =
                  [=](const KernelArguments& call) {
                    Gradient<T> gradient{
                        .statistics = {.gamma = call.input<float>(2),
                                       .beta = call.input<float>(3),
                                       .mean = call.input<float>(4),
                                       .variance = call.input<float>(5),
                                       .epsilon = epsilon},
                        .dy = call.input<T>(0),
                        .x = call.input<T>(1),
                        .r = residual ? call.input<T>(6) : nullptr,
                        .flowing = residual ? call.output<T>(3) : nullptr,
                        .dx = nullptr};
                    if (residual) {
                      write_sums<kKind, true, kCount>(call, summing, gradient);
                    } else {
                      write_sums<kKind, false, kCount>(call, summing, gradient);
                    }
                    gradient.dx = call.output<T>(0);
                    WriteSums sums{.dgamma = call.output<float>(1),
                                   .dbeta = call.output<float>(2)};
                    if (of_ranks.ranks) sums = of_ranks.sum(call);
                    launch(call, writing.grid(),
                           apply_gradient<kKind, kCount, T>, writing, gradient,
                           static_cast<const float*>(sums.dgamma),
                           static_cast<const float*>(sums.dbeta), all_rows);
                  },
              .workspace_bytes =
                  workspace_bytes(summing, kCount) + of_ranks.bytes()};
    });
  });
}

template <class T>
Kernel fixed_gradient(const graph::FixedNormalizationGradient& operation,
                      const Shape& shape) {
  const auto epsilon = static_cast<float>(operation.epsilon);
  return with_channels(
      shape,
      [&](std::int64_t row_count, std::int64_t columns, auto size) -> Kernel {
        constexpr int kCount = decltype(size)::value;
        const Columns summing = columns_to_sum(row_count, columns);
        return {.run =
                    [=](const KernelArguments& call) {
                      const Gradient<T> gradient{
                          .statistics = {.gamma = call.input<float>(2),
                                         .beta = nullptr,
                                         .mean = call.input<float>(3),
                                         .variance = call.input<float>(4),
                                         .epsilon = epsilon},
                          .dy = call.input<T>(0),
                          .x = call.input<T>(1),
                          .r = nullptr,
                          .flowing = nullptr,
                          .dx = call.output<T>(0)};
                      write_sums<ActivationKind::linear, false, kCount>(
                          call, summing, gradient);
                    },
                .workspace_bytes = workspace_bytes(summing, kCount)};
      });
}

}  // namespace

Kernel make(const graph::BatchNormalizationGradient& operation,
            const Signature& signature) {
  const TensorSpec& x = signature.inputs[1];
  return with_element_type(operation.kName, x, [&](auto type) {
    return batch_gradient<decltype(type)>(operation, x.shape);
  });
}

Kernel make(const graph::FixedNormalizationGradient& operation,
            const Signature& signature) {
  const TensorSpec& x = signature.inputs[1];
  return with_element_type(operation.kName, x, [&](auto type) {
    return fixed_gradient<decltype(type)>(operation, x.shape);
  });
}

}  // namespace lathe::cuda
