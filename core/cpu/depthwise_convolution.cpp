// Depthwise convolutions: see depthwise_rows.h.
#include <optional>

#include "core/cpu/float_input.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/depthwise_convolution.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/depthwise_rows.h"
#include "core/cpu/image_means.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

template <class T>
Kernel depthwise(const ConvolutionShape& shape, bool has_bias,
                 graph::ActivationKind activation, bool has_means) {
  WorkspaceLayout workspace;
  const FloatInput<T> weights(1, taps_of(shape), workspace);
  const FloatInput<T> biases(2, has_bias ? shape.channels : 0, workspace);
  std::optional<ImageMeans> means;
  if (has_means) means.emplace(shape.result_shape(), workspace);
  return with_depthwise_window(shape.window, [&](auto size, auto stride) {
    const DepthwiseRows<size(), stride()> rows(shape, activation);
    return Kernel{
        .run =
            [=](const KernelArguments& arguments) {
              const float* w = weights.in(arguments);
              const float* bias = biases.in(arguments);
              const auto& image = shape.image;
              const std::int64_t line = image.width * shape.channels;
              const std::int64_t height = shape.result.height;
              const std::int64_t count = shape.result.width * shape.channels;
              parallel_ranges(
                  shape.batch * height, 1,
                  [=](std::int64_t first, std::int64_t last) {
                    for (std::int64_t i = first; i < last; ++i) {
                      const std::int64_t top =
                          i % height * stride() - shape.window.padding.top;
                      const T* x = arguments.input<T>(0) +
                                   i / height * image.height * line;
                      T* y = arguments.output<T>(0) + i * count;
                      rows.compute(lines_of<size()>(x, top, image.height, line),
                                   w, bias, true, y);
                      if (means) means->add_row(arguments.workspace, i, y);
                    }
                  });
              if (means) {
                means->finish(arguments.workspace, arguments.output<float>(1));
              }
            },
        .workspace_bytes = workspace.bytes()};
  });
}

Kernel make_depthwise_convolution(const ConvolutionShape& shape, bool has_bias,
                                  graph::ActivationKind activation,
                                  bool has_means) {
  return with_element(kDepthwise, {{}, shape.dtype}, [&](auto element) {
    return depthwise<decltype(element)>(shape, has_bias, activation, has_means);
  });
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {

HWY_EXPORT(make_depthwise_convolution);

Kernel depthwise_convolution(const ConvolutionShape& shape, bool has_bias,
                             graph::ActivationKind activation, bool has_means) {
  return HWY_DYNAMIC_DISPATCH(make_depthwise_convolution)(
      shape, has_bias, activation, has_means);
}

}  // namespace lathe::cpu
#endif
