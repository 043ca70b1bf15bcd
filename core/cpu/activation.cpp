#include "core/cpu/activate_rows.h"
#include "core/cpu/kernels.h"
#include "core/cpu/requirements.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/activation.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/functions.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

template <ActivationKind kKind, class T>
void activate_vectors(const void* from, void* to, std::int64_t count) {
  const auto* x = static_cast<const T*>(from);
  auto* y = static_cast<T*>(to);
  for_vectors(0, count, [=](auto lanes, std::int64_t i) HWY_ATTR {
    lanes.store(activate<kKind, T>(lanes.load(x + i)), y + i);
  });
}

Activate make_activate(ActivationKind kind, DType dtype) {
  return with_element("an activation", {{}, dtype}, [&](auto element) {
    return with_activation(kind, [](auto constant) -> Activate {
      return activate_vectors<constant(), decltype(element)>;
    });
  });
}

template <ActivationKind kKind, class T>
Kernel activation(std::int64_t count) {
  return {.run = [count](const KernelArguments& arguments) {
    const auto* x = arguments.input<T>(0);
    auto* y = arguments.output<T>(0);
    parallel_vectors(count, [=](auto lanes, std::int64_t i) HWY_ATTR {
      lanes.store(activate<kKind, T>(lanes.load(x + i)), y + i);
    });
  }};
}

template <ActivationKind kKind, class T>
Kernel gradient(std::int64_t count) {
  return {.run = [count](const KernelArguments& arguments) {
    const auto* dy = arguments.input<T>(0);
    const auto* seen = arguments.input<T>(1);
    auto* dx = arguments.output<T>(0);
    parallel_vectors(count, [=](auto lanes, std::int64_t i) HWY_ATTR {
      lanes.store(activation_gradient<kKind, T>(lanes.load(dy + i),
                                                lanes.load(seen + i)),
                  dx + i);
    });
  }};
}

Kernel make_activation(const graph::Activation& operation,
                       const Signature& signature) {
  const TensorSpec& x = signature.inputs[0];
  return with_element(operation.kName, x, [&](auto element) {
    return with_activation(operation.kind, [&](auto kind) {
      return activation<kind(), decltype(element)>(x.shape.elements());
    });
  });
}

Kernel make_activation_gradient(const graph::ActivationGradient& operation,
                                const Signature& signature) {
  const TensorSpec& dy = signature.inputs[0];
  return with_element(operation.kName, dy, [&](auto element) {
    return with_activation(operation.kind, [&](auto kind) {
      return gradient<kind(), decltype(element)>(dy.shape.elements());
    });
  });
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {
LATHE_CPU_KERNEL(Activation, make_activation)
LATHE_CPU_KERNEL(ActivationGradient, make_activation_gradient)

HWY_EXPORT(make_activate);

Activate activate_rows(graph::ActivationKind kind, DType dtype) {
  return HWY_DYNAMIC_DISPATCH(make_activate)(kind, dtype);
}
}  // namespace lathe::cpu
#endif
