#include <algorithm>
#include <array>

#include "core/cuda/convolution_epilogue.h"
#include "core/cuda/convolution_problem.h"
#include "core/cuda/depthwise.h"
#include "core/cuda/element_type.h"
#include "core/cuda/kernels.h"
#include "core/cuda/library_convolution.h"
#include "core/cuda/matrix_product.h"
#include "core/cuda/narrow_convolution.h"
#include "core/cuda/runtime.h"
#include "core/cuda/shallow_convolution.h"
#include "core/cuda/transpose.h"

namespace lathe::cuda {
namespace {

using graph::ActivationKind;

// What an operation asks for after its sums.
struct Ending {
  bool bias = false;
  bool residual = false;
  ActivationKind activation = ActivationKind::linear;
};

template <class Operation>
Ending ending_of(const Operation& operation, const Signature& signature) {
  const std::size_t bare = operation.residual ? 3 : 2;
  return {.bias = signature.inputs.size() > bare,
          .residual = operation.residual,
          .activation = operation.activation};
}

// The libraries end in these at no cost.
bool is_simple(ActivationKind activation) {
  return activation == ActivationKind::linear ||
         activation == ActivationKind::relu;
}

Kernel require_engine(std::optional<Kernel> kernel,
                      const ConvolutionProblem& problem) {
  if (!kernel) {
    fail(to_string(problem), ": cuDNN has no engine that computes this and ",
         "gives the same bits run after run");
  }
  return std::move(*kernel);
}

// Those that are products read the weights as they are.
bool is_product(const ConvolutionProblem& problem) {
  return graph::is_pointwise(problem.window, problem.groups);
}

ProductProblem shape_of(const ConvolutionProblem& problem) {
  const std::int64_t channels = problem.image[3];
  const std::int64_t filters = problem.result[3];
  const std::int64_t pixels = problem.image.elements() / channels;
  switch (problem.direction) {
    case Direction::forward:
      return {.rows = pixels, .inner = channels, .columns = filters};
    case Direction::input_gradient:
      return {.rows = pixels,
              .inner = filters,
              .columns = channels,
              .transpose_b = true};
    case Direction::weight_gradient:
      break;
  }
  return {.rows = channels,
          .inner = pixels,
          .columns = filters,
          .transpose_a = true};
}

ProductProblem product_of(const ConvolutionProblem& problem) {
  ProductProblem product = shape_of(problem);
  product.precision = problem.precision;
  return product;
}

template <class T>
Kernel pointwise(const ConvolutionProblem& problem, const Ending& ending) {
  ProductProblem product = product_of(problem);
  product.result = dtype_of<T>;
  product.bias = ending.bias;
  product.residual = ending.residual;
  product.relu = ending.activation == ActivationKind::relu;
  Kernel kernel = library_product(product);
  if (is_simple(ending.activation)) return kernel;
  const ConvolutionEpilogue epilogue{.count = problem.target().elements(),
                                     .channels = problem.target().back(),
                                     .activation = ending.activation};
  kernel.run = [epilogue, run = kernel.run](const KernelArguments& call) {
    run(call);
    epilogue.run<T>(call, nullptr, call.output<T>(0));
  };
  return kernel;
}

// Weights (kernel height, kernel width, C, F) as a matrix with a filter a
// column. Where it is a vector its transpose is the same memory.
bool is_transposed_already(const ConvolutionProblem& problem) {
  return problem.weights_a_filter() == 1 || problem.result[3] == 1;
}

template <class T>
std::size_t transposed_bytes(const ConvolutionProblem& problem) {
  return aligned(static_cast<std::size_t>(problem.weights()) * sizeof(T));
}

// The transposed weights come first in a workspace, and what a library needs
// after them.
void* beyond(void* workspace, std::size_t bytes) {
  return static_cast<std::byte*>(workspace) + bytes;
}

template <class T>
Kernel windowed(ConvolutionProblem problem, const Ending& ending) {
  // What cuDNN adds to is its output, where r is copied to unless it is there.
  problem.accumulates = ending.residual;
  ConvolutionProblem whole = problem;
  whole.bias = ending.bias;
  whole.activation = ending.activation;
  std::optional<Kernel> sums;
  bool fused = problem.direction == Direction::forward && ending.bias &&
               !ending.residual && is_simple(ending.activation);
  if (fused) sums = library_convolution(whole);
  if (!sums) {
    fused = false;
    sums = require_engine(library_convolution(problem), problem);
  }
  const bool has_epilogue =
      !fused && (ending.bias || ending.activation != ActivationKind::linear);
  const std::size_t weight_bytes =
      is_transposed_already(problem) ? 0 : transposed_bytes<T>(problem);
  const std::size_t target_bytes =
      static_cast<std::size_t>(problem.target().elements()) * sizeof(T);
  const ConvolutionEpilogue epilogue{.count = problem.target().elements(),
                                     .channels = problem.target().back(),
                                     .activation = ending.activation};
  return {.run =
              [=, run = sums->run](const KernelArguments& call) {
                std::array<void*, 3> inputs{};
                std::copy_n(call.inputs.begin(), fused ? 3 : 2, inputs.begin());
                if (weight_bytes > 0) {
                  transpose(call, problem.weights_a_filter(), problem.result[3],
                            call.input<T>(1), static_cast<T*>(call.workspace));
                  inputs[1] = call.workspace;
                }
                if (ending.residual && call.inputs.back() != call.outputs[0]) {
                  check(cudaMemcpyAsync(call.outputs[0], call.inputs.back(),
                                        target_bytes, cudaMemcpyDeviceToDevice,
                                        static_cast<cudaStream_t>(call.stream)),
                        "cudaMemcpyAsync");
                }
                run({.inputs = inputs,
                     .outputs = call.outputs,
                     .workspace = beyond(call.workspace, weight_bytes),
                     .stream = call.stream});
                if (has_epilogue) {
                  epilogue.run<T>(call,
                                  ending.bias ? call.input<T>(2) : nullptr,
                                  call.output<T>(0));
                }
              },
          .workspace_bytes = weight_bytes + sums->workspace_bytes,
          .implementation = sums->implementation};
}

template <class Operation>
Kernel make_with_ending(const Operation& operation, const Signature& signature,
                        const ConvolutionProblem& problem) {
  require_index(operation.kName, signature.outputs[0]);
  const Ending ending = ending_of(operation, signature);
  return with_element_type(
      operation.kName, signature.inputs[0], [&](auto type) {
        using T = decltype(type);
        return is_product(problem) ? pointwise<T>(problem, ending)
                                   : windowed<T>(problem, ending);
      });
}

// cuDNN gives it in the type of what it is made from, and the graph has it in
// float32.
template <class T>
Kernel windowed_weight_gradient(const ConvolutionProblem& problem) {
  Kernel kernel = require_engine(library_convolution(problem), problem);
  if (std::is_same_v<T, float> && is_transposed_already(problem)) return kernel;
  const std::size_t weight_bytes = transposed_bytes<T>(problem);
  kernel.workspace_bytes += weight_bytes;
  kernel.run = [=, run = kernel.run](const KernelArguments& call) {
    const std::array<void*, 1> outputs{call.workspace};
    run({.inputs = call.inputs,
         .outputs = outputs,
         .workspace = beyond(call.workspace, weight_bytes),
         .stream = call.stream});
    transpose(call, problem.result[3], problem.weights_a_filter(),
              static_cast<const T*>(call.workspace), call.output<float>(0));
  };
  return kernel;
}

}  // namespace

Kernel make(const graph::Convolution& operation, const Signature& signature) {
  if (is_depthwise(operation.groups, signature.inputs[0].shape)) {
    return depthwise_convolution(operation, signature);
  }
  const ConvolutionProblem problem = problem_of(operation, signature);
  if (is_narrow(problem)) return narrow_convolution(operation, signature);
  if (is_shallow(problem)) return shallow_convolution(operation, signature);
  return make_with_ending(operation, signature, problem);
}

Kernel make(const graph::ConvolutionInputGradient& operation,
            const Signature& signature) {
  if (is_depthwise(operation.groups, signature.outputs[0].shape)) {
    return depthwise_input_gradient(operation, signature);
  }
  const ConvolutionProblem problem = problem_of(operation, signature);
  if (is_narrow(problem)) return narrow_input_gradient(operation, signature);
  if (has_shallow_input_gradient(problem)) {
    return shallow_input_gradient(operation, signature);
  }
  return make_with_ending(operation, signature, problem);
}

Kernel make(const graph::ConvolutionWeightGradient& operation,
            const Signature& signature) {
  if (is_depthwise(operation.groups, signature.inputs[0].shape)) {
    return depthwise_weight_gradient(operation, signature);
  }
  const ConvolutionProblem problem = problem_of(operation, signature);
  if (is_narrow(problem)) return narrow_weight_gradient(operation, signature);
  if (is_shallow(problem)) return shallow_weight_gradient(operation, signature);
  if (is_product(problem)) return library_product(product_of(problem));
  return with_element_type(
      operation.kName, signature.inputs[0], [&](auto type) {
        return windowed_weight_gradient<decltype(type)>(problem);
      });
}

}  // namespace lathe::cuda
