#include "core/cpu/kernels.h"
#include "core/cpu/target.h"

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

HWY_EXPORT(make_cast);

namespace {

// Without instructions for it.
template <class From, class To>
Kernel plain_cast(const Signature& signature) {
  return {.run = [outputs = signature.outputs](const KernelArguments& call) {
    constexpr std::int64_t kGrain = 16384;
    for (std::size_t t = 0; t < outputs.size(); ++t) {
      const From* from = call.input<From>(t);
      To* to = call.output<To>(t);
      parallel_ranges(outputs[t].shape.elements(), kGrain,
                      [=](std::int64_t first, std::int64_t last) {
                        for (std::int64_t i = first; i < last; ++i) {
                          to[i] = static_cast<To>(static_cast<float>(from[i]));
                        }
                      });
    }
  }};
}

}  // namespace

Kernel make(const graph::Cast& operation, const Signature& signature) {
  if (has_bfloat16_instructions()) {
    return HWY_DYNAMIC_DISPATCH(make_cast)(operation, signature);
  }
  return operation.to == DType::float32
             ? plain_cast<BFloat16, float>(signature)
             : plain_cast<float, BFloat16>(signature);
}

}  // namespace lathe::cpu
#endif
