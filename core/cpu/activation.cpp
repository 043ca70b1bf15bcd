#include "core/cpu/kernels.h"
#include "core/cpu/requirements.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/activation.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/functions.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

template <ActivationKind kKind>
Kernel activation(std::int64_t count) {
  return {.run = [count](const KernelArguments& arguments) {
    const auto* x = arguments.input<float>(0);
    auto* y = arguments.output<float>(0);
    parallel_vectors(count, [=](auto lanes, std::int64_t i) HWY_ATTR {
      lanes.store(activate<kKind>(lanes.load(x + i)), y + i);
    });
  }};
}

template <ActivationKind kKind>
Kernel gradient(std::int64_t count) {
  return {.run = [count](const KernelArguments& arguments) {
    const auto* dy = arguments.input<float>(0);
    const auto* seen = arguments.input<float>(1);
    auto* dx = arguments.output<float>(0);
    parallel_vectors(count, [=](auto lanes, std::int64_t i) HWY_ATTR {
      lanes.store(
          activation_gradient<kKind>(lanes.load(dy + i), lanes.load(seen + i)),
          dx + i);
    });
  }};
}

Kernel make_activation(const graph::Activation& operation,
                       const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  return with_activation(operation.kind, [&](auto kind) {
    return activation<kind()>(signature.inputs[0].shape.elements());
  });
}

Kernel make_activation_gradient(const graph::ActivationGradient& operation,
                                const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  return with_activation(operation.kind, [&](auto kind) {
    return gradient<kind()>(signature.inputs[0].shape.elements());
  });
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {
LATHE_CPU_KERNEL(Activation, make_activation)
LATHE_CPU_KERNEL(ActivationGradient, make_activation_gradient)
}  // namespace lathe::cpu
#endif
