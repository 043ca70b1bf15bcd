#include <array>

#include "core/cuda/tensor_table.h"
#include "core/cuda/warp.h"
#include "core/reference/update_rules.h"

namespace lathe::cuda {
namespace {

// UpdateOptions for a kernel.
struct UpdateParameters {
  std::int64_t steps;
  float clip_value;
  double weight_decay;
};

// What differs from weight to weight.
struct Differences {
  std::int64_t joined_after[kTable];
  bool decays[kTable];
};

// What is the same for all elements of a block.
struct Step {
  double step;
  float decay;
};

template <class Rule>
struct Update {
  Rule rule;
  UpdateParameters options;
  Step step;
  float scale;
  float* const* tensors;

  template <int kCount>
  __device__ void at(std::int64_t i) const {
    auto w = load<kCount>(tensors[0] + i);
    auto g = load<kCount>(tensors[1] + i);
    Vector<float, kCount> kept[3];
    for (int slot = 0; slot < 3; ++slot) {
      if (slot < rule.slots) kept[slot] = load<kCount>(tensors[2 + slot] + i);
    }
    for (int k = 0; k < kCount; ++k) {
      float gradient = g[k] / static_cast<float>(options.steps) * scale;
      if (options.clip_value > 0) {
        // Keeps NaN.
        gradient = gradient < -options.clip_value  ? -options.clip_value
                   : gradient > options.clip_value ? options.clip_value
                                                   : gradient;
      }
      w[k] -= w[k] * step.decay;
      float own[3]{kept[0][k], kept[1][k], kept[2][k]};
      w[k] = rule.rule(w[k], gradient, own, step.step);
      for (int slot = 0; slot < 3; ++slot) kept[slot][k] = own[slot];
      g[k] = 0;
    }
    store(w, tensors[0] + i);
    if (options.steps > 1) store(g, tensors[1] + i);
    for (int slot = 0; slot < 3; ++slot) {
      if (slot < rule.slots) store(kept[slot], tensors[2 + slot] + i);
    }
  }
};

template <class Rule>
__global__ void __launch_bounds__(kThreads)
    update_weights(const __grid_constant__ TensorTable<5> table,
                   const __grid_constant__ Differences differences, Rule rule,
                   UpdateParameters options, const std::int64_t* iteration,
                   const float* rate, const float* scales) {
  if ((*iteration + 1) % options.steps != 0) return;
  const std::uint32_t weight = table.group_of(blockIdx.x);
  // Powers in double are slow where a thread does them for a few elements.
  auto& step = shared_memory<Step>();
  if (threadIdx.x == 0) {
    const std::int64_t t =
        *iteration / options.steps + 1 - differences.joined_after[weight];
    step.step = rule.step(*rate, static_cast<double>(t));
    step.decay = differences.decays[weight]
                     ? static_cast<float>(options.weight_decay * *rate)
                     : 0.0F;
  }
  __syncthreads();
  const auto& group = table.groups[weight];
  for_chunk(blockIdx.x - group.first_block, group.count,
            Update<Rule>{.rule = rule,
                         .options = options,
                         .step = step,
                         .scale = scales == nullptr ? 1 : scales[weight],
                         .tensors = group.tensors});
}

template <class Operation>
Kernel make_update(const Operation& operation, const Signature& signature) {
  const graph::UpdateOptions& update = operation.update;
  const auto rule = reference::rule_of(operation);
  const TensorGroups weights(operation.kName, signature, update.scaled ? 3 : 2,
                             2 + operation.slots());
  const UpdateParameters options{
      .steps = update.accumulation_steps,
      .clip_value = static_cast<float>(update.clip_value),
      .weight_decay = update.weight_decay};
  std::vector<Differences> differences(static_cast<std::size_t>(
      divide_up(static_cast<std::int64_t>(weights.counts.size()), kTable)));
  for (std::size_t i = 0; i < weights.counts.size(); ++i) {
    Differences& here = differences[i / kTable];
    here.joined_after[i % kTable] =
        update.joined_after.empty() ? 0 : update.joined_after[i];
    here.decays[i % kTable] =
        std::find(update.undecayed.begin(), update.undecayed.end(), i) ==
        update.undecayed.end();
  }
  return {.run = [=, scaled = update.scaled](const KernelArguments& call) {
    weights.for_tables<5>(call, [&](const auto& table, std::size_t begin) {
      launch(call, {.blocks = table.blocks, .shared_bytes = sizeof(Step)},
             update_weights<std::remove_const_t<decltype(rule)>>, table,
             differences[begin / kTable], rule, options,
             call.input<std::int64_t>(0), call.input<float>(1),
             scaled ? call.input<float>(2) + begin : nullptr);
    });
  }};
}

struct Accumulate {
  float* const* tensors;

  template <int kCount>
  __device__ void at(std::int64_t i) const {
    const auto gradient = load<kCount>(tensors[0] + i);
    auto sum = load<kCount>(tensors[1] + i);
    for (int k = 0; k < kCount; ++k) sum[k] += gradient[k];
    store(sum, tensors[1] + i);
  }
};

__global__ void __launch_bounds__(kThreads)
    accumulate(const __grid_constant__ TensorTable<2> table) {
  const auto& group = table.groups[table.group_of(blockIdx.x)];
  for_chunk(blockIdx.x - group.first_block, group.count,
            Accumulate{group.tensors});
}

struct Average {
  float* const* tensors;
  float momentum;

  template <int kCount>
  __device__ void at(std::int64_t i) const {
    const auto w = load<kCount>(tensors[0] + i);
    auto average = load<kCount>(tensors[1] + i);
    for (int k = 0; k < kCount; ++k) {
      average[k] = momentum * average[k] + (1 - momentum) * w[k];
    }
    store(average, tensors[1] + i);
  }
};

__global__ void __launch_bounds__(kThreads)
    average_weights(const __grid_constant__ TensorTable<2> table,
                    float momentum, std::int64_t steps,
                    const std::int64_t* iteration) {
  const auto& group = table.groups[table.group_of(blockIdx.x)];
  for_chunk(blockIdx.x - group.first_block, group.count,
            Average{.tensors = group.tensors,
                    .momentum = *iteration >= steps ? momentum : 0.0F});
}

// The sum of squares of each block's elements.
__global__ void __launch_bounds__(kThreads)
    sum_squares(const __grid_constant__ TensorTable<1> table, double* sums) {
  auto* scratch = &shared_memory<double>();
  const auto& group = table.groups[table.group_of(blockIdx.x)];
  const std::int64_t start =
      std::int64_t{blockIdx.x - group.first_block} * kChunk;
  const std::int64_t end = std::min(start + kChunk, group.count);
  double sum = 0;
  for (std::int64_t i = start + threadIdx.x; i < end; i += kThreads) {
    const double g = group.tensors[0][i];
    sum += g * g;
  }
  sum = block_reduce(sum, Plus{}, scratch);
  if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

// The sum of each weight's blocks: a block a weight.
__global__ void __launch_bounds__(kThreads)
    sum_blocks(const __grid_constant__ TensorTable<1> table, const double* sums,
               double* squares) {
  auto* scratch = &shared_memory<double>();
  const auto& group = table.groups[blockIdx.x];
  const std::int64_t blocks = (group.count + kChunk - 1) / kChunk;
  double sum = 0;
  for (std::int64_t i = threadIdx.x; i < blocks; i += kThreads) {
    sum += sums[group.first_block + i];
  }
  sum = block_reduce(sum, Plus{}, scratch);
  if (threadIdx.x == 0) squares[blockIdx.x] = sum;
}

__global__ void __launch_bounds__(kThreads)
    scales_of(const double* squares, std::int64_t weights, double limit,
              bool global, double steps, float* scales) {
  auto* scratch = &shared_memory<double>();
  double all = 0;
  for (std::int64_t i = threadIdx.x; i < weights; i += kThreads) {
    all += squares[i];
  }
  all = block_reduce(all, Plus{}, scratch);
  for (std::int64_t i = threadIdx.x; i < weights; i += kThreads) {
    const double norm = std::sqrt(global ? all : squares[i]) / steps;
    // NaN where the norm is infinite, as Keras' global norm.
    scales[i] =
        static_cast<float>(norm <= limit ? 1 : limit / norm + (norm - norm));
  }
}

}  // namespace

Kernel make(const graph::Adam& operation, const Signature& signature) {
  return make_update(operation, signature);
}

Kernel make(const graph::SGD& operation, const Signature& signature) {
  return make_update(operation, signature);
}

Kernel make(const graph::RMSprop& operation, const Signature& signature) {
  return make_update(operation, signature);
}

Kernel make(const graph::Lion& operation, const Signature& signature) {
  return make_update(operation, signature);
}

Kernel make(const graph::AccumulateGradients& operation,
            const Signature& signature) {
  const TensorGroups weights(operation.kName, signature, 0, 2);
  return {.run = [weights](const KernelArguments& call) {
    weights.for_tables<2>(call, [&](const auto& table, std::size_t) {
      launch(call, {.blocks = table.blocks}, accumulate, table);
    });
  }};
}

Kernel make(const graph::WeightAverages& operation,
            const Signature& signature) {
  const TensorGroups weights(operation.kName, signature, 1, 2);
  return {.run = [weights, operation](const KernelArguments& call) {
    weights.for_tables<2>(call, [&](const auto& table, std::size_t) {
      launch(call, {.blocks = table.blocks}, average_weights, table,
             static_cast<float>(operation.momentum),
             operation.accumulation_steps, call.input<std::int64_t>(0));
    });
  }};
}

Kernel make(const graph::GradientScales& operation,
            const Signature& signature) {
  const TensorGroups weights(operation.kName, signature, 0, 1);
  const auto count = static_cast<std::int64_t>(weights.counts.size());
  const std::size_t bytes =
      static_cast<std::size_t>(count + weights.blocks()) * sizeof(double);
  return {.run =
              [=](const KernelArguments& call) {
                auto* squares = static_cast<double*>(call.workspace);
                auto* sums = squares + count;
                const std::size_t scratch = kThreads / 32 * sizeof(double);
                weights.for_tables<1>(call, [&](const auto& table,
                                                std::size_t begin) {
                  launch(call,
                         {.blocks = table.blocks, .shared_bytes = scratch},
                         sum_squares, table, sums);
                  launch(call, {.blocks = table.size, .shared_bytes = scratch},
                         sum_blocks, table, sums, squares + begin);
                  sums += table.blocks;
                });
                launch(call, {.blocks = 1, .shared_bytes = scratch}, scales_of,
                       squares, count, operation.limit, operation.global,
                       static_cast<double>(operation.accumulation_steps),
                       call.output<float>(0));
              },
          .workspace_bytes = bytes};
}

}  // namespace lathe::cuda
