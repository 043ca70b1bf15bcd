#include <algorithm>
#include <array>

#include "core/cuda/library_convolution.h"
#include "core/cuda/matrix_product.h"
#include "core/reference/activation.h"
#include "core/reference/kernels.h"

// What cuDNN and cuBLASLt do on a device, done by the reference.
namespace lathe::cuda {
namespace {

using Values = std::vector<float>;

// Of a (rows, columns) matrix.
void transpose(std::int64_t rows, std::int64_t columns, const float* from,
               float* to) {
  for (std::int64_t i = 0; i < rows * columns; ++i) {
    to[i % columns * rows + i / columns] = from[i];
  }
}

Kernel reference_kernel(const ConvolutionProblem& problem) {
  const auto& [window, groups] = std::tie(problem.window, problem.groups);
  const TensorSpec image{problem.image};
  const TensorSpec result{problem.result};
  const TensorSpec weights{{window.kernel.height, window.kernel.width,
                            problem.image[3] / groups, problem.result[3]}};
  std::vector<TensorSpec> inputs{image, weights};
  if (problem.direction == Direction::input_gradient) inputs[0] = result;
  if (problem.bias) inputs.push_back({{problem.target().back()}});
  switch (problem.direction) {
    case Direction::forward:
      return reference::make(
          graph::Convolution{.window = window,
                             .groups = groups,
                             .filters = problem.result[3],
                             .activation = problem.activation},
          {.inputs = inputs, .outputs = {result}});
    case Direction::input_gradient:
      return reference::make(
          graph::ConvolutionInputGradient{
              .window = window,
              .groups = groups,
              .channels = problem.image[3],
              .image = {.height = problem.image[1], .width = problem.image[2]},
              .activation = problem.activation},
          {.inputs = inputs, .outputs = {image}});
    case Direction::weight_gradient:
      break;
  }
  return reference::make(
      graph::ConvolutionWeightGradient{
          .window = window, .groups = groups, .weight_shape = weights.shape},
      {.inputs = {image, result}, .outputs = {weights}});
}

}  // namespace

// A library that ends in a bias and relu where filters are even in number, as
// cuDNN does for some shapes.
std::optional<Kernel> library_convolution(const ConvolutionProblem& problem) {
  const bool bare =
      !problem.bias && problem.activation == graph::ActivationKind::linear;
  if (!bare && problem.result[3] % 2 == 1) return std::nullopt;
  // An odd number, for what shares the workspace.
  constexpr std::size_t kWorkspace = 3;
  return Kernel{
      .run =
          [problem,
           run = reference_kernel(problem).run](const KernelArguments& call) {
            std::fill_n(static_cast<std::byte*>(call.workspace), kWorkspace,
                        std::byte{0xFF});
            const std::int64_t filters = problem.result[3];
            const std::int64_t size = problem.weights_a_filter();
            Values weights(static_cast<std::size_t>(problem.weights()));
            if (problem.direction == Direction::weight_gradient) {
              const std::array<void*, 1> outputs{weights.data()};
              run({.inputs = call.inputs, .outputs = outputs});
              transpose(size, filters, weights.data(), call.output<float>(0));
              return;
            }
            transpose(filters, size, call.input<float>(1), weights.data());
            std::vector<void*> inputs(call.inputs.begin(), call.inputs.end());
            inputs.resize(problem.bias ? 3 : 2);
            inputs[1] = weights.data();
            const auto count =
                static_cast<std::size_t>(problem.target().elements());
            float* const y = call.output<float>(0);
            const Values before(y, y + count);
            run({.inputs = inputs, .outputs = call.outputs});
            if (!problem.accumulates) return;
            for (std::size_t i = 0; i < count; ++i) y[i] += before[i];
          },
      .workspace_bytes = kWorkspace};
}

Kernel library_product(const ProductProblem& problem) {
  const auto& [rows, inner, columns, transpose_a, transpose_b, bias, residual,
               relu, precision] = problem;
  const graph::MatrixProduct operation{.transpose_a = transpose_a,
                                       .transpose_b = transpose_b};
  Signature signature{
      .inputs = {{transpose_a ? Shape{inner, rows} : Shape{rows, inner}},
                 {transpose_b ? Shape{columns, inner} : Shape{inner, columns}}},
      .outputs = {{{rows, columns}}}};
  if (bias) signature.inputs.push_back({{columns}});
  return {.run = [problem, run = reference::make(operation, signature).run](
                     const KernelArguments& call) {
    const auto count = static_cast<std::size_t>(problem.rows * problem.columns);
    Values added(count);
    if (problem.residual) {
      std::copy_n(static_cast<const float*>(call.inputs.back()), count,
                  added.begin());
    }
    run({.inputs = call.inputs.first(problem.bias ? 3 : 2),
         .outputs = call.outputs});
    float* const y = call.output<float>(0);
    for (std::size_t i = 0; i < count; ++i) {
      y[i] += added[i];
      if (problem.relu) {
        y[i] = reference::activate(graph::ActivationKind::relu, y[i]);
      }
    }
  }};
}

}  // namespace lathe::cuda
