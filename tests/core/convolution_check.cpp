#include "tests/core/convolution_check.h"

#include <cmath>

#include "core/graph/operations/sample_weights.h"
#include "tests/core/kernel_check.h"
#include "tests/support/random.h"

namespace lathe::testing {
namespace {

using graph::ActivationKind;
using graph::Convolution;
using graph::ConvolutionInputGradient;
using graph::ConvolutionWeightGradient;

// Two float32 sums of K products in different orders: their rounding errors
// add up like a random walk of K steps, each half a unit of the last place of
// a partial sum, which the largest results bound; four deviations.
double tolerance(std::int64_t products) {
  return 4 * std::ldexp(1.0, -24) * std::sqrt(static_cast<double>(products));
}

}  // namespace

graph::Window2D window(graph::Size2D kernel, graph::Size2D strides,
                       graph::Padding2D padding, graph::Size2D dilation) {
  return {.kernel = kernel,
          .strides = strides,
          .dilation = dilation,
          .padding = padding};
}

Shape weight_shape_of(const ConvolutionCase& entry) {
  return {entry.window.kernel.height, entry.window.kernel.width,
          entry.x[3] / entry.groups, entry.filters};
}

void check_all_directions(const ConvolutionCase& entry,
                          const Shape& weight_shape, double scale) {
  const auto& [shape, window, filters, groups] = entry;
  const Convolution forward{
      .window = window, .groups = groups, .filters = filters};
  const auto x = random_tensor(shape, kFloat, 1);
  const auto w = random_tensor(weight_shape, kFloat, 2);
  const auto size =
      window.output_size("the test", {.height = shape[1], .width = shape[2]});
  const auto dy =
      random_tensor({shape[0], size.height, size.width, filters}, kFloat, 3);
  const std::int64_t taps = window.kernel.height * window.kernel.width;

  const double allowed = scale * tolerance(taps * shape[3] / groups);
  check_kernel(forward, {x, w}, allowed);
  check_kernel(forward, {x, w, random_tensor({filters}, kFloat, 4)}, allowed);

  const ConvolutionInputGradient input_gradient{
      .window = window,
      .groups = groups,
      .channels = shape[3],
      .image = {.height = shape[1], .width = shape[2]}};
  const double allowed_back = scale * tolerance(taps * filters / groups);
  check_kernel(input_gradient, {dy, w}, allowed_back);
  check_kernel(input_gradient, {dy, w, random_tensor({shape[3]}, kFloat, 5)},
               allowed_back);

  check_kernel(
      ConvolutionWeightGradient{
          .window = window, .groups = groups, .weight_shape = weight_shape},
      {x, dy}, scale * tolerance(shape[0] * size.height * size.width));
}

void check_all_directions(const ConvolutionCase& entry) {
  check_all_directions(entry, weight_shape_of(entry));
}

void check_epilogues(const ConvolutionCase& entry, double scale) {
  check_epilogues(entry, weight_shape_of(entry), scale);
}

void check_epilogues(const ConvolutionCase& entry, const Shape& weight_shape,
                     double scale) {
  const auto& [shape, window, filters, groups] = entry;
  const auto size =
      window.output_size("the test", {.height = shape[1], .width = shape[2]});
  const Shape result{shape[0], size.height, size.width, filters};
  const std::int64_t taps = window.kernel.height * window.kernel.width;
  const auto x = random_tensor(shape, kFloat, 1);
  const auto dy = random_tensor(result, kFloat, 2);
  const auto w = random_tensor(weight_shape, kFloat, 3);
  const auto bias_shape = [&](std::int64_t channels) {
    return graph::has_own_weights(weight_shape)
               ? Shape{shape[0], 1, 1, channels}
               : Shape{channels};
  };
  // oneDNN's functions err by a few units of the last place of 1.
  constexpr double kFunction = 1e-6;
  struct Ending {
    ActivationKind kind;
    bool bias;
    bool residual;
  };
  for (const auto& [kind, bias, residual] :
       {Ending{ActivationKind::linear, false, true},
        Ending{ActivationKind::relu, true, false},
        Ending{ActivationKind::sigmoid, true, true},
        Ending{ActivationKind::swish, true, true},
        Ending{ActivationKind::swish, true, false},
        Ending{ActivationKind::tanh, false, false}}) {
    std::vector<Tensor> forward{x, w};
    std::vector<Tensor> backward{dy, w};
    if (bias) {
      forward.push_back(random_tensor(bias_shape(filters), kFloat, 4));
      backward.push_back(random_tensor(bias_shape(shape[3]), kFloat, 5));
    }
    if (residual) {
      forward.push_back(random_tensor(result, kFloat, 6));
      backward.push_back(random_tensor(shape, kFloat, 7));
    }
    check_kernel(Convolution{.window = window,
                             .groups = groups,
                             .filters = filters,
                             .activation = kind,
                             .residual = residual},
                 forward,
                 scale * tolerance(taps * shape[3] / groups) + kFunction);
    check_kernel(
        ConvolutionInputGradient{
            .window = window,
            .groups = groups,
            .channels = shape[3],
            .image = {.height = shape[1], .width = shape[2]},
            .activation = kind,
            .residual = residual},
        backward, scale * tolerance(taps * filters / groups) + kFunction);
  }
}

}  // namespace lathe::testing
