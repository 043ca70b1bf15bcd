#include "core/cuda/activation_kind.h"
#include "core/cuda/element_type.h"
#include "core/cuda/normalization.h"
#include "core/cuda/rank_sums.h"
#include "core/cuda/tensor_table.h"
#include "core/graph/operations/normalization.h"
#include "core/reference/activation.h"

namespace lathe::cuda {
namespace {

using graph::ActivationKind;

// Sums of x and of x^2.
struct Moments {
  double sum = 0;
  double squares = 0;

  __device__ Moments& operator+=(const Moments& other) {
    sum += other.sum;
    squares += other.squares;
    return *this;
  }
};

// So many rows are read at once, and summed in float32 about one of them, so
// that no digits cancel; sums of these are float64.
constexpr int kGroup = 8;

template <int kCount>
__device__ void add_group(const Vector<float, kCount>* values, int count,
                          Sums<Moments, kCount>& sums) {
  const double share = count == kGroup ? 1.0 / kGroup : 1.0 / count;
  const auto some = static_cast<float>(share);
  for (int k = 0; k < kCount; ++k) {
    const float base = values[0][k];
    float distance = 0;
    for (int g = 1; g < kGroup; ++g) {
      if (g < count) distance += values[g][k] - base;
    }
    const float mean = distance * some;
    float squares = 0;
    for (int g = 0; g < kGroup; ++g) {
      const float d = values[g][k] - base - mean;
      if (g < count) squares += d * d;
    }
    const double sum = static_cast<double>(base) * count + distance;
    sums[k].sum += sum;
    sums[k].squares += squares + sum * sum * share;
  }
}

template <int kCount, class T>
__global__ void __launch_bounds__(kThreads)
    measure(Columns all, const T* x, Moments* partial) {
  const RowsOfThread rows(all);
  Sums<Moments, kCount> own;
  for (std::int64_t row = rows.first; row < rows.end;
       row += kGroup * rows.step) {
    const int count = rows.count_from(row, kGroup);
    Vector<float, kCount> values[kGroup];
    for (int g = 0; g < kGroup; ++g) {
      values[g] = load<kCount>(
          x + ((row + (g < count ? g : 0) * rows.step) * all.columns +
               rows.column) *
                  kCount);
    }
    add_group(values, count, own);
  }
  add_lines(all, own);
  if (!rows.is_first_line) return;
  for (int k = 0; k < kCount; ++k) {
    partial[(blockIdx.y * all.columns + rows.column) * kCount + k] = own[k];
  }
}

struct WriteStatistics {
  double count;
  float* mean;
  float* variance;

  __device__ void operator()(std::int64_t channel, const Moments& sums) const {
    const double m = sums.sum / count;
    const double v = sums.squares / count - m * m;
    mean[channel] = static_cast<float>(m);
    // Not below zero; NaN stays.
    variance[channel] = static_cast<float>(v < 0 ? 0 : v);
  }
};

// y = f((x - mean) scale + beta [+ r]). y may be x.
template <ActivationKind kKind, int kCount, class T>
__global__ void __launch_bounds__(kThreads)
    normalize(Columns all, ChannelStatistics statistics, const T* x, const T* r,
              T* y) {
  const RowsOfThread rows(all);
  if (rows.end == 0) return;
  const ChannelFactors<kCount> factors(statistics, rows.column * kCount);
  for (std::int64_t row = rows.first; row < rows.end; row += rows.step) {
    const std::int64_t at = (row * all.columns + rows.column) * kCount;
    auto values = load<kCount>(x + at);
    Vector<float, kCount> added{};
    if (r != nullptr) added = load<kCount>(r + at);
    for (int k = 0; k < kCount; ++k) {
      values[k] =
          reference::activate(kKind, factors.scaled(values[k], k) + added[k]);
    }
    store(values, y + at);
  }
}

template <class T>
Kernel batch_normalization(const graph::BatchNormalization& operation,
                           const Shape& shape) {
  const auto epsilon = static_cast<float>(operation.epsilon);
  const bool residual = operation.residual;
  const auto ranks = operation.ranks;
  if (ranks) connect(*ranks);
  const int rank_count = ranks ? ranks->size() : 1;
  return with_channels(shape, [&](std::int64_t row_count, std::int64_t columns,
                                  auto size) {
    constexpr int kCount = decltype(size)::value;
    const Columns summing(row_count, columns, kSummingBlocks, kGroup,
                          kSummingColumns);
    const Columns writing = columns_to_write(row_count, columns);
    return with_kind<T>(operation.activation, [&](auto kind) -> Kernel {
      return {.run =
                  [=](const KernelArguments& call) {
                    const auto* x = call.input<T>(0);
                    auto* partial = static_cast<Moments*>(call.workspace);
                    launch(call, summing.grid(sizeof(Sums<Moments, kCount>)),
                           measure<kCount, T>, summing, x, partial);
                    const WriteStatistics finish{
                        .count = static_cast<double>(row_count * rank_count),
                        .mean = call.output<float>(1),
                        .variance = call.output<float>(2)};
                    sum_chunks_of_ranks<Moments>(
                        call, ranks, summing.chunks, columns * kCount, partial,
                        partial + summing.chunks * columns * kCount, finish);
                    launch(call, writing.grid(),
                           normalize<decltype(kind)::value, kCount, T>, writing,
                           ChannelStatistics{.gamma = call.input<float>(1),
                                             .beta = call.input<float>(2),
                                             .mean = finish.mean,
                                             .variance = finish.variance,
                                             .epsilon = epsilon},
                           x, residual ? call.input<T>(3) : nullptr,
                           call.output<T>(0));
                  },
              .workspace_bytes =
                  static_cast<std::size_t>((summing.chunks + (ranks ? 1 : 0)) *
                                           columns * kCount) *
                  sizeof(Moments)};
    });
  });
}

template <class T>
Kernel fixed_normalization(const graph::FixedNormalization& operation,
                           const Shape& shape) {
  const auto epsilon = static_cast<float>(operation.epsilon);
  const bool residual = operation.residual;
  return with_channels(
      shape, [&](std::int64_t row_count, std::int64_t columns, auto size) {
        const Columns writing = columns_to_write(row_count, columns);
        return with_kind<T>(operation.activation, [&](auto kind) -> Kernel {
          return {.run = [=](const KernelArguments& call) {
            launch(call, writing.grid(),
                   normalize<decltype(kind)::value, decltype(size)::value, T>,
                   writing,
                   ChannelStatistics{.gamma = call.input<float>(1),
                                     .beta = call.input<float>(2),
                                     .mean = call.input<float>(3),
                                     .variance = call.input<float>(4),
                                     .epsilon = epsilon},
                   call.input<T>(0), residual ? call.input<T>(5) : nullptr,
                   call.output<T>(0));
          }};
        });
      });
}

struct ScaleWeights {
  ChannelStatistics statistics;
  const float* w;
  const float* bias;  // null without one
  float* scaled;
  float* scaled_bias;
  Divisor inner;
  Divisor channels;

  __device__ float scale(std::uint32_t channel) const {
    return statistics.gamma[channel] /
           std::sqrt(statistics.variance[channel] + statistics.epsilon);
  }

  template <int kCount>
  __device__ void at(std::int64_t i) const {
    auto values = load<kCount>(w + i);
    for (int k = 0; k < kCount; ++k) {
      const auto element = static_cast<std::uint32_t>(i + k);
      values[k] *= scale(channels.remainder(inner.quotient(element)));
      // The first elements also see to the biases.
      if (element < channels.value()) {
        const float own = bias == nullptr ? 0 : bias[element];
        scaled_bias[element] =
            (own - statistics.mean[element]) * scale(element) +
            statistics.beta[element];
      }
    }
    store(values, scaled + i);
  }
};

// MovingStatistics::rate for the device.
struct Rate {
  double usual;
  double warm_up;

  __device__ double at(std::int64_t count) const {
    if (warm_up < 0) return usual;
    const double first =
        (warm_up + 1) / (static_cast<double>(count) + warm_up + 1);
    return first > usual ? first : usual;
  }
};

struct Move {
  float* moving;
  const float* batch;
  float share;

  template <int kCount>
  __device__ void at(std::int64_t i) const {
    auto values = load<kCount>(moving + i);
    const auto towards = load<kCount>(batch + i);
    for (int k = 0; k < kCount; ++k) {
      values[k] += share * (towards[k] - values[k]);
    }
    store(values, moving + i);
  }
};

__global__ void __launch_bounds__(kThreads)
    move_statistics(const __grid_constant__ TensorTable<2> table, Rate rate,
                    const std::int64_t* count) {
  const auto& group = table.groups[table.group_of(blockIdx.x)];
  for_chunk(blockIdx.x - group.first_block, group.count,
            Move{.moving = group.tensors[0],
                 .batch = group.tensors[1],
                 .share = static_cast<float>(rate.at(*count))});
}

}  // namespace

Kernel make(const graph::BatchNormalization& operation,
            const Signature& signature) {
  const TensorSpec& x = signature.inputs[0];
  return with_element_type(operation.kName, x, [&](auto type) {
    return batch_normalization<decltype(type)>(operation, x.shape);
  });
}

Kernel make(const graph::FixedNormalization& operation,
            const Signature& signature) {
  const TensorSpec& x = signature.inputs[0];
  return with_element_type(operation.kName, x, [&](auto type) {
    return fixed_normalization<decltype(type)>(operation, x.shape);
  });
}

Kernel make(const graph::NormalizedWeights& operation,
            const Signature& signature) {
  const TensorSpec& w = signature.inputs[0];
  require_float32(operation.kName, w);
  require_index(operation.kName, w);
  const bool has_bias = signature.inputs.size() == 6;
  return {.run = [has_bias, count = w.shape.elements(),
                  epsilon = static_cast<float>(operation.epsilon),
                  inner = Divisor(operation.inner),
                  channels = Divisor(signature.outputs[1].shape[0])](
                     const KernelArguments& call) {
    for_vectors(call, count,
                ScaleWeights{.statistics = {.gamma = call.input<float>(1),
                                            .beta = call.input<float>(2),
                                            .mean = call.input<float>(3),
                                            .variance = call.input<float>(4),
                                            .epsilon = epsilon},
                             .w = call.input<float>(0),
                             .bias = has_bias ? call.input<float>(5) : nullptr,
                             .scaled = call.output<float>(0),
                             .scaled_bias = call.output<float>(1),
                             .inner = inner,
                             .channels = channels});
  }};
}

Kernel make(const graph::MovingStatistics& operation,
            const Signature& signature) {
  const TensorGroups statistics(operation.kName, signature, 1, 2);
  const Rate rate{.usual = 1 - operation.momentum,
                  .warm_up = operation.warm_up};
  return {.run = [=](const KernelArguments& call) {
    statistics.for_tables<2>(call, [&](const auto& table, std::size_t) {
      launch(call, {.blocks = table.blocks}, move_statistics, table, rate,
             call.input<std::int64_t>(0));
    });
  }};
}

}  // namespace lathe::cuda
