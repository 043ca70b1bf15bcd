#include "core/cuda/tensor_table.h"
#include "core/graph/operations/cast.h"

namespace lathe::cuda {
namespace {

template <class From, class To>
struct Converted {
  const From* from;
  To* to;

  template <int kCount>
  __device__ void at(std::int64_t i) const {
    store(load<kCount>(from + i), to + i);
  }
};

template <class From, class To>
__global__ void __launch_bounds__(kThreads)
    cast(const __grid_constant__ TensorTable<2, void> table) {
  const auto& group = table.groups[table.group_of(blockIdx.x)];
  wait_for_earlier_kernels();
  for_chunk(
      blockIdx.x - group.first_block, group.count,
      Converted<From, To>{.from = static_cast<const From*>(group.tensors[0]),
                          .to = static_cast<To*>(group.tensors[1])});
}

template <class From, class To>
Kernel make_cast(const Signature& signature) {
  return {.run = [outputs = signature.outputs](const KernelArguments& call) {
    for (std::size_t begin = 0; begin < outputs.size(); begin += kTable) {
      TensorTable<2, void> table{};
      const std::size_t end = std::min(begin + kTable, outputs.size());
      for (std::size_t i = begin; i < end; ++i) {
        auto& group = table.add(outputs[i].shape.elements());
        group.tensors[0] = call.inputs[i];
        group.tensors[1] = call.outputs[i];
      }
      launch(call, {.blocks = table.blocks, .starts_early = true},
             cast<From, To>, table);
    }
  }};
}

}  // namespace

Kernel make(const graph::Cast& operation, const Signature& signature) {
  return operation.to == DType::float32 ? make_cast<BFloat16, float>(signature)
                                        : make_cast<float, BFloat16>(signature);
}

}  // namespace lathe::cuda
