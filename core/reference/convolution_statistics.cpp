#include <array>

#include "core/reference/dispatch.h"
#include "core/reference/kernels.h"

namespace lathe::reference {
namespace {

// Plainly, of the convolution's result.
template <class T>
Kernel statistics(const TensorSpec& image, const Kernel& convolution) {
  const std::int64_t filters = image.shape.back();
  const std::int64_t elements = image.shape.elements();
  return {.run =
              [=, run = convolution.run](const KernelArguments& memory) {
                const std::array<void*, 1> outputs{memory.workspace};
                run({.inputs = memory.inputs, .outputs = outputs});
                const auto* y = static_cast<const T*>(memory.workspace);
                const std::int64_t rows = elements / filters;
                const auto pixels = static_cast<double>(rows);
                for (std::int64_t f = 0; f < filters; ++f) {
                  double mean = 0;
                  for (std::int64_t i = f; i < elements; i += filters) {
                    mean += y[i];
                  }
                  mean /= pixels;
                  double squares = 0;
                  for (std::int64_t i = f; i < elements; i += filters) {
                    squares += (y[i] - mean) * (y[i] - mean);
                  }
                  memory.output<T>(0)[f] = static_cast<T>(mean);
                  memory.output<T>(1)[f] = static_cast<T>(squares / pixels);
                }
              },
          .workspace_bytes = image.bytes()};
}

}  // namespace

Kernel make(const graph::ConvolutionStatistics& operation,
            const Signature& signature) {
  const graph::Convolution convolution{
      .window = {}, .filters = signature.inputs[1].shape.back()};
  const TensorSpec image = convolution.output_specs(signature.inputs)[0];
  const Kernel kernel =
      make(convolution, {.inputs = signature.inputs, .outputs = {image}});
  return dispatch(operation.kName, image.dtype, [&](auto element) {
    return statistics<decltype(element)>(image, kernel);
  });
}

}  // namespace lathe::reference
