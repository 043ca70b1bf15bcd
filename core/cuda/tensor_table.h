#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "core/cuda/divisor.h"
#include "core/cuda/vector.h"

// One launch for many tensors, each of which has some blocks of it, for kChunk
// elements each. What they are is passed to the kernel by value, in tables of
// so many as parameters have room for.
namespace lathe::cuda {

inline constexpr std::int64_t kChunk = 16 * kThreads;
inline constexpr std::size_t kTable = 256;

/// Tensors of one size that are gone through together, and their first block.
template <std::size_t kTensors, class T = float>
struct TensorGroup {
  T* tensors[kTensors];
  std::int64_t count;
  std::uint32_t first_block;
};

template <std::size_t kTensors, class T = float>
struct TensorTable {
  TensorGroup<kTensors, T> groups[kTable];
  std::uint32_t size = 0;
  std::uint32_t blocks = 0;

  /// Adds one, whose tensors are then to be filled in.
  TensorGroup<kTensors, T>& add(std::int64_t count) {
    auto& group = groups[size++];
    group.count = count;
    group.first_block = blocks;
    blocks += static_cast<std::uint32_t>(divide_up(count, kChunk));
    return group;
  }

  /// Whose a block is.
  __device__ std::uint32_t group_of(std::uint32_t block) const {
    std::uint32_t low = 0;
    std::uint32_t high = size;
    while (high - low > 1) {
      const std::uint32_t middle = (low + high) / 2;
      (groups[middle].first_block <= block ? low : high) = middle;
    }
    return low;
  }
};

/// Calls work.at<kVector>(i) or work.at<1>(i) for the elements of a chunk.
template <class Work>
__device__ void for_chunk(std::int64_t chunk, std::int64_t count,
                          const Work& work) {
  const std::int64_t start = chunk * kChunk;
  const std::int64_t end = std::min(start + kChunk, count);
  const std::int64_t vectors = (end - start) / kVector;
  for (std::int64_t i = threadIdx.x; i < vectors; i += kThreads) {
    work.template at<kVector>(start + i * kVector);
  }
  const std::int64_t rest = start + vectors * kVector + threadIdx.x;
  if (rest < end) work.template at<1>(rest);
}

/// The sizes of an operation's groups, whose tensors, float32, are inputs
/// `first` + `each` * group and those after it.
struct TensorGroups {
  std::vector<std::int64_t> counts;
  std::size_t first = 0;
  std::size_t each = 1;

  TensorGroups(std::string_view operation, const Signature& signature,
               std::size_t first_input, std::size_t inputs)
      : first(first_input), each(inputs) {
    for (std::size_t i = first; i < signature.inputs.size(); i += each) {
      require_float32(operation, signature.inputs[i]);
      counts.push_back(signature.inputs[i].shape.elements());
    }
  }

  std::int64_t blocks() const {
    std::int64_t result = 0;
    for (const std::int64_t count : counts) {
      result += divide_up(count, kChunk);
    }
    return result;
  }

  /// Calls use(table, number of its first group) until every group was in a
  /// table.
  template <std::size_t kTensors, class Use>
  void for_tables(const KernelArguments& call, Use use) const {
    for (std::size_t begin = 0; begin < counts.size(); begin += kTable) {
      TensorTable<kTensors> table{};
      const std::size_t end = std::min(begin + kTable, counts.size());
      for (std::size_t i = begin; i < end; ++i) {
        auto& group = table.add(counts[i]);
        for (std::size_t k = 0; k < each; ++k) {
          group.tensors[k] = call.written<float>(first + i * each + k);
        }
      }
      use(table, begin);
    }
  }
};

}  // namespace lathe::cuda
