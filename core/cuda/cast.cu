#include "core/cuda/vector.h"
#include "core/graph/operations/cast.h"

// Every tensor has some blocks of one launch, each for kChunk elements. What
// they are is passed to the kernel by value, in tables of so many tensors as
// parameters have room for.
namespace lathe::cuda {
namespace {

constexpr std::int64_t kChunk = 16 * kThreads;
constexpr std::size_t kTable = 256;

template <class From, class To>
struct Table {
  struct Entry {
    const From* from;
    To* to;
    std::int64_t count;
    std::uint32_t first_block;
  };

  Entry entries[kTable];
  std::uint32_t size = 0;

  // Whose a block is.
  __device__ const Entry& of(std::uint32_t block) const {
    std::uint32_t low = 0;
    std::uint32_t high = size;
    while (high - low > 1) {
      const std::uint32_t middle = (low + high) / 2;
      (entries[middle].first_block <= block ? low : high) = middle;
    }
    return entries[low];
  }
};

template <class From, class To>
__global__ void __launch_bounds__(kThreads)
    cast(const __grid_constant__ Table<From, To> table) {
  const auto& entry = table.of(blockIdx.x);
  const std::int64_t start =
      std::int64_t{blockIdx.x - entry.first_block} * kChunk;
  const std::int64_t end = std::min(start + kChunk, entry.count);
  const std::int64_t vectors = (end - start) / kVector;
  for (std::int64_t i = threadIdx.x; i < vectors; i += kThreads) {
    const std::int64_t at = start + i * kVector;
    store(load<kVector>(entry.from + at), entry.to + at);
  }
  const std::int64_t rest = start + vectors * kVector + threadIdx.x;
  if (rest < end) entry.to[rest] = static_cast<To>(entry.from[rest]);
}

template <class From, class To>
Kernel make_cast(const Signature& signature) {
  return {.run = [outputs = signature.outputs](const KernelArguments& call) {
    for (std::size_t begin = 0; begin < outputs.size(); begin += kTable) {
      Table<From, To> table{};
      std::uint32_t blocks = 0;
      const std::size_t end = std::min(begin + kTable, outputs.size());
      for (std::size_t i = begin; i < end; ++i) {
        const std::int64_t count = outputs[i].shape.elements();
        table.entries[table.size++] = {.from = call.input<From>(i),
                                       .to = call.output<To>(i),
                                       .count = count,
                                       .first_block = blocks};
        blocks += static_cast<std::uint32_t>(divide_up(count, kChunk));
      }
      launch(call, {.blocks = blocks}, cast<From, To>, table);
    }
  }};
}

}  // namespace

Kernel make(const graph::Cast& operation, const Signature& signature) {
  return operation.to == DType::float32 ? make_cast<BFloat16, float>(signature)
                                        : make_cast<float, BFloat16>(signature);
}

}  // namespace lathe::cuda
