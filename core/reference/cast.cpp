#include "core/reference/kernels.h"

namespace lathe::reference {
namespace {

template <class From, class To>
Kernel cast(const Signature& signature) {
  return {.run = [outputs = signature.outputs](const KernelArguments& memory) {
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const From* from = memory.input<From>(i);
      To* to = memory.output<To>(i);
      for (std::int64_t j = 0; j < outputs[i].shape.elements(); ++j) {
        to[j] = static_cast<To>(from[j]);
      }
    }
  }};
}

}  // namespace

Kernel make(const graph::Cast& operation, const Signature& signature) {
  return operation.to == DType::float32 ? cast<BFloat16, float>(signature)
                                        : cast<float, BFloat16>(signature);
}

}  // namespace lathe::reference
