#include <Eigen/Core>

#include "core/graph/operations/sample_weights.h"
#include "core/reference/activation.h"
#include "core/reference/dispatch.h"
#include "core/reference/kernels.h"
#include "core/reference/window.h"

namespace lathe::reference {
namespace {

template <class T>
using Row = Eigen::Map<Eigen::Array<T, 1, Eigen::Dynamic>>;
template <class T>
using ConstRow = Eigen::Map<const Eigen::Array<T, 1, Eigen::Dynamic>>;

// What the three directions share: y[place, f] = sum over tap, c of
// x[pixel, c] w[tap, c, f], the filters of a group reading its channels.
struct Convolution {
  graph::Window2D window;
  std::int64_t groups = 1;
  Shape image;   // (N, H, W, C)
  Shape result;  // (N, H', W', F)
  Shape weights;

  // Calls visit(x, y, w, count): element x of the image meets the `count`
  // elements from y of the result and from w of the weights.
  template <class Visit>
  void for_each_row(Visit visit) const {
    const std::int64_t channels = image[3] / groups;
    const std::int64_t filters = result[3] / groups;
    const std::int64_t places = result[1] * result[2];
    const std::int64_t own =
        graph::has_own_weights(weights) ? weights.elements() / weights[0] : 0;
    for_each_pair(
        window, image, result,
        [&](std::int64_t place, std::int64_t pixel, std::int64_t tap) {
          for (std::int64_t c = 0; c < image[3]; ++c) {
            const std::int64_t f = c / channels * filters;
            visit(pixel * image[3] + c, place * result[3] + f,
                  place / places * own +
                      (tap * channels + c % channels) * result[3] + f,
                  filters);
          }
        });
  }
};

// Sets each element to its channel's bias, which may be each sample's own, and
// the residual, where given.
template <class T>
void start(const KernelArguments& memory, const Signature& signature,
           bool residual) {
  const Shape& output = signature.outputs[0].shape;
  const std::size_t last = memory.inputs.size() - 1;
  const T* r = residual ? memory.input<T>(last) : nullptr;
  const T* bias = last == (residual ? 3 : 2) ? memory.input<T>(2) : nullptr;
  const std::int64_t channels = output.back();
  const std::int64_t sample = output.elements() / output[0];
  const bool own = bias != nullptr && signature.inputs[2].shape.rank() == 4;
  T* y = memory.output<T>(0);
  for (std::int64_t i = 0; i < output.elements(); ++i) {
    const std::int64_t place = i % channels + (own ? i / sample * channels : 0);
    y[i] =
        (bias == nullptr ? T{0} : bias[place]) + (r == nullptr ? T{0} : r[i]);
  }
}

template <class T>
void finish(const KernelArguments& memory, const Shape& output,
            graph::ActivationKind activation) {
  T* y = memory.output<T>(0);
  for (std::int64_t i = 0; i < output.elements(); ++i) {
    y[i] = static_cast<T>(activate(activation, static_cast<double>(y[i])));
  }
}

}  // namespace

Kernel make(const graph::Convolution& operation, const Signature& signature) {
  const Convolution convolution{.window = operation.window,
                                .groups = operation.groups,
                                .image = signature.inputs[0].shape,
                                .result = signature.outputs[0].shape,
                                .weights = signature.inputs[1].shape};
  return dispatch(
      operation.kName, signature.inputs[0].dtype, [&](auto type) -> Kernel {
        using T = decltype(type);
        return {.run = [convolution, operation,
                        signature](const KernelArguments& memory) {
          start<T>(memory, signature, operation.residual);
          convolution.for_each_row([&](std::int64_t x, std::int64_t y,
                                       std::int64_t w, std::int64_t count) {
            Row<T>(memory.output<T>(0) + y, count) +=
                memory.input<T>(0)[x] *
                ConstRow<T>(memory.input<T>(1) + w, count);
          });
          finish<T>(memory, convolution.result, operation.activation);
        }};
      });
}

Kernel make(const graph::ConvolutionInputGradient& operation,
            const Signature& signature) {
  const Convolution convolution{.window = operation.window,
                                .groups = operation.groups,
                                .image = signature.outputs[0].shape,
                                .result = signature.inputs[0].shape,
                                .weights = signature.inputs[1].shape};
  return dispatch(
      operation.kName, signature.inputs[0].dtype, [&](auto type) -> Kernel {
        using T = decltype(type);
        return {.run = [convolution, operation,
                        signature](const KernelArguments& memory) {
          start<T>(memory, signature, operation.residual);
          convolution.for_each_row([&](std::int64_t x, std::int64_t y,
                                       std::int64_t w, std::int64_t count) {
            memory.output<T>(0)[x] +=
                (ConstRow<T>(memory.input<T>(0) + y, count) *
                 ConstRow<T>(memory.input<T>(1) + w, count))
                    .sum();
          });
          finish<T>(memory, convolution.image, operation.activation);
        }};
      });
}

Kernel make(const graph::ConvolutionWeightGradient& operation,
            const Signature& signature) {
  const Convolution convolution{.window = operation.window,
                                .groups = operation.groups,
                                .image = signature.inputs[0].shape,
                                .result = signature.inputs[1].shape,
                                .weights = operation.weight_shape};
  return dispatch(
      operation.kName, signature.inputs[0].dtype, [&](auto type) -> Kernel {
        using T = decltype(type);
        return {.run = [convolution](const KernelArguments& memory) {
          std::fill_n(memory.output<T>(0), convolution.weights.elements(),
                      T{0});
          convolution.for_each_row([&](std::int64_t x, std::int64_t y,
                                       std::int64_t w, std::int64_t count) {
            Row<T>(memory.output<T>(0) + w, count) +=
                memory.input<T>(0)[x] *
                ConstRow<T>(memory.input<T>(1) + y, count);
          });
        }};
      });
}

}  // namespace lathe::reference
