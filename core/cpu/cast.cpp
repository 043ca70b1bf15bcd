#include "core/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/cast.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/simd.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

template <class From, class To>
Kernel cast(const Signature& signature) {
  return {.run = [outputs = signature.outputs](const KernelArguments& call) {
    for (std::size_t t = 0; t < outputs.size(); ++t) {
      const From* from = call.input<From>(t);
      To* to = call.output<To>(t);
      parallel_vectors(outputs[t].shape.elements(),
                       [=](auto lanes, std::int64_t i) HWY_ATTR {
                         lanes.store(lanes.load(from + i), to + i);
                       });
    }
  }};
}

Kernel make_cast(const graph::Cast& operation, const Signature& signature) {
  return operation.to == DType::float32 ? cast<BFloat16, float>(signature)
                                        : cast<float, BFloat16>(signature);
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {
LATHE_CPU_KERNEL(Cast, make_cast)
}  // namespace lathe::cpu
#endif
