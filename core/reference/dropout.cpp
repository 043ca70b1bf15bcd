#include "core/dropout.h"

#include "core/reference/dispatch.h"
#include "core/reference/kernels.h"

namespace lathe::reference {
namespace {

// The place in a noise shape of element i of a sample.
std::int64_t noise_index(const Shape& sample, const Shape& noise,
                         std::int64_t i) {
  std::int64_t index = 0;
  std::int64_t stride = 1;
  for (std::size_t axis = sample.rank(); axis-- > 0;) {
    if (noise[axis] != 1) index += i % sample[axis] * stride;
    stride *= noise[axis];
    i /= sample[axis];
  }
  return index;
}

}  // namespace

Kernel make(const graph::Dropout& operation, const Signature& signature) {
  const Shape& x_shape = signature.inputs[0].shape;
  const Shape sample(
      std::vector<std::int64_t>(x_shape.begin() + 1, x_shape.end()));
  const Shape noise =
      operation.noise_shape.rank() == 0 ? sample : operation.noise_shape;
  const std::int64_t rows = x_shape[0];
  return dispatch(
      operation.kName, signature.inputs[0].dtype, [&](auto type) -> Kernel {
        using T = decltype(type);
        return {.run = [operation, sample, noise,
                        rows](const KernelArguments& memory) {
          const auto scale = static_cast<T>(1 / (1 - operation.rate));
          const auto rate = static_cast<float>(operation.rate);
          const T* x = memory.input<T>(0);
          T* y = memory.output<T>(0);
          for (std::int64_t row = 0; row < rows; ++row) {
            const Philox random(dropout_key(memory.input<std::int64_t>(1), row,
                                            operation.operation));
            for (std::int64_t i = 0; i < sample.elements(); ++i, ++x, ++y) {
              const auto at =
                  static_cast<std::uint32_t>(noise_index(sample, noise, i));
              *y = dropout_keeps(random.at(at), rate) ? scale * *x : 0;
            }
          }
        }};
      });
}

}  // namespace lathe::reference
