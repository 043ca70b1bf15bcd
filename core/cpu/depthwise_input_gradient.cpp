// The input gradient of depthwise convolutions, row by row.
#include "core/cpu/depthwise.h"
#include "core/cpu/float_input.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/depthwise_input_gradient.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/depthwise_gradient_rows.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

template <class T>
Kernel input_gradient(const ConvolutionShape& shape, bool has_bias) {
  WorkspaceLayout workspace;
  const FloatInput<T> weights(1, taps_of(shape), workspace);
  const FloatInput<T> biases(2, has_bias ? shape.channels : 0, workspace);
  return with_depthwise_window(shape.window, [&](auto size, auto stride) {
    const DepthwiseInputRows<size(), stride(), T> rows{shape};
    return Kernel{
        .run =
            [=](const KernelArguments& arguments) {
              const auto* dy = arguments.input<T>(0);
              const float* w = weights.in(arguments);
              const float* bias = biases.in(arguments);
              auto* dx = arguments.output<T>(0);
              const std::int64_t height = shape.image.height;
              const std::int64_t line = shape.image.width * shape.channels;
              const std::int64_t result =
                  elements_of(shape.result, shape.channels);
              parallel_ranges(shape.batch * height, 1,
                              [=](std::int64_t first, std::int64_t last) {
                                for (std::int64_t i = first; i < last; ++i) {
                                  rows.compute(dy + i / height * result, w,
                                               bias, i % height, dx + i * line);
                                }
                              });
            },
        .workspace_bytes = workspace.bytes()};
  });
}

Kernel make_depthwise_input_gradient(const ConvolutionShape& shape,
                                     bool has_bias) {
  return with_element(kDepthwise, {{}, shape.dtype}, [&](auto element) {
    return input_gradient<decltype(element)>(shape, has_bias);
  });
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {

HWY_EXPORT(make_depthwise_input_gradient);

Kernel depthwise_input_gradient(const ConvolutionShape& shape, bool has_bias) {
  return HWY_DYNAMIC_DISPATCH(make_depthwise_input_gradient)(shape, has_bias);
}

}  // namespace lathe::cpu
#endif
