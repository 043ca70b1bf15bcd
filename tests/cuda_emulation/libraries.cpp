#include <algorithm>
#include <array>

#include "core/cuda/library_convolution.h"
#include "core/cuda/matrix_product.h"
#include "core/reference/activation.h"
#include "core/reference/kernels.h"
#include "tests/cuda_emulation/in_stream.h"

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

// A tensor of a library's kernel.
struct Operand {
  std::int64_t count = 0;
  DType dtype = DType::float32;
};

// A kernel for operands in bfloat16 made of one for float.
Kernel widened(const Kernel& kernel, const std::vector<Operand>& inputs,
               const Operand& output) {
  return {.run =
              [=](const KernelArguments& call) {
                const auto values_of = [](const Operand& operand,
                                          const void* memory) {
                  Values values(static_cast<std::size_t>(operand.count));
                  if (operand.dtype == DType::float32) {
                    std::copy_n(static_cast<const float*>(memory),
                                operand.count, values.begin());
                  } else {
                    std::copy_n(static_cast<const BFloat16*>(memory),
                                operand.count, values.begin());
                  }
                  return values;
                };
                std::vector<Values> wide;
                std::vector<void*> memory;
                for (std::size_t i = 0; i < inputs.size(); ++i) {
                  wide.push_back(values_of(inputs[i], call.inputs[i]));
                  memory.push_back(wide.back().data());
                }
                Values result = values_of(output, call.outputs[0]);
                const std::array<void*, 1> outputs{result.data()};
                kernel.run({.inputs = memory,
                            .outputs = outputs,
                            .workspace = call.workspace});
                for (std::size_t i = 0; i < result.size(); ++i) {
                  if (output.dtype == DType::float32) {
                    call.output<float>(0)[i] = result[i];
                  } else {
                    call.output<BFloat16>(0)[i] = BFloat16(result[i]);
                  }
                }
              },
          .workspace_bytes = kernel.workspace_bytes};
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

Kernel convolution(const ConvolutionProblem& problem) {
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

Kernel product(const ProductProblem& problem) {
  const graph::MatrixProduct operation{.transpose_a = problem.transpose_a,
                                       .transpose_b = problem.transpose_b};
  const auto& [rows, inner, columns] =
      std::tie(problem.rows, problem.inner, problem.columns);
  Signature signature{.inputs = {{problem.transpose_a ? Shape{inner, rows}
                                                      : Shape{rows, inner}},
                                 {problem.transpose_b ? Shape{columns, inner}
                                                      : Shape{inner, columns}}},
                      .outputs = {{{rows, columns}}}};
  if (problem.bias) signature.inputs.push_back({{columns}});
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

}  // namespace

// A library that ends in a bias and relu where filters are even in number, as
// cuDNN does for some shapes, and can't do anything with kernels of 13 rows.
std::optional<Kernel> library_convolution(const ConvolutionProblem& problem) {
  const bool bare =
      !problem.bias && problem.activation == graph::ActivationKind::linear;
  if (!bare && problem.result[3] % 2 == 1) return std::nullopt;
  if (problem.window.kernel.height == 13) return std::nullopt;
  const Kernel kernel = convolution(problem);
  if (problem.precision != Precision::bf16) return in_stream(kernel);
  constexpr auto kHalf = DType::bfloat16;
  const Operand image{problem.image.elements(), kHalf};
  const Operand result{problem.result.elements(), kHalf};
  const Operand weights{problem.weights(), kHalf};
  switch (problem.direction) {
    case Direction::weight_gradient:
      return in_stream(widened(kernel, {image, result}, weights));
    case Direction::forward:
    case Direction::input_gradient:
      break;
  }
  const bool forward = problem.direction == Direction::forward;
  std::vector<Operand> inputs{forward ? image : result, weights};
  if (problem.bias) inputs.push_back({problem.target().back(), kHalf});
  return in_stream(widened(kernel, inputs, forward ? result : image));
}

Kernel library_product(const ProductProblem& problem) {
  const Kernel kernel = product(problem);
  if (problem.precision != Precision::bf16) return in_stream(kernel);
  const std::int64_t count = problem.rows * problem.columns;
  std::vector<Operand> inputs{
      {problem.rows * problem.inner, DType::bfloat16},
      {problem.inner * problem.columns, DType::bfloat16}};
  if (problem.bias) inputs.push_back({problem.columns, problem.result});
  if (problem.residual) inputs.push_back({count, problem.result});
  return in_stream(widened(kernel, inputs, {count, problem.result}));
}

std::string cudnn_version() {
  return "emulated";
}

std::string cublaslt_version() {
  return "emulated";
}

}  // namespace lathe::cuda
