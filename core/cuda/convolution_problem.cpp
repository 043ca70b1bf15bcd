#include "core/cuda/convolution_problem.h"

#include "core/cuda/element_type.h"
#include "core/error.h"
#include "core/graph/operations/sample_weights.h"

namespace lathe::cuda {
namespace {

std::string_view name_of(Direction direction) {
  switch (direction) {
    case Direction::forward:
      return graph::Convolution::kName;
    case Direction::input_gradient:
      return graph::ConvolutionInputGradient::kName;
    case Direction::weight_gradient:
      return graph::ConvolutionWeightGradient::kName;
  }
  return "unknown";
}

void require_shared(std::string_view operation, const Shape& weights) {
  if (graph::has_own_weights(weights)) {
    fail(operation, ": weights ", weights,
         " of each sample; on CUDA all samples must share them");
  }
}

ConvolutionProblem problem(Direction direction, const graph::Window2D& window,
                           std::int64_t groups, const TensorSpec& image,
                           const TensorSpec& result,
                           const Signature& signature) {
  return {.direction = direction,
          .window = window,
          .groups = groups,
          .image = image.shape,
          .result = result.shape,
          .precision = precision_of(image, signature)};
}

}  // namespace

std::string to_string(const ConvolutionProblem& problem) {
  const auto& [kernel, strides, dilation, padding] = problem.window;
  return concat(name_of(problem.direction), " ", name_of(problem.precision),
                " image ", problem.image, " result ", problem.result,
                " kernel ", kernel.height, "x", kernel.width, " strides ",
                strides.height, "x", strides.width, " dilation ",
                dilation.height, "x", dilation.width, " padding ", padding.top,
                ",", padding.bottom, ",", padding.left, ",", padding.right,
                " groups ", problem.groups, problem.bias ? " bias" : "",
                problem.activation == graph::ActivationKind::linear
                    ? ""
                    : concat(" ", graph::name_of(problem.activation)),
                problem.accumulates ? " accumulates" : "");
}

ConvolutionProblem problem_of(const graph::Convolution& operation,
                              const Signature& signature) {
  require_shared(operation.kName, signature.inputs[1].shape);
  return problem(Direction::forward, operation.window, operation.groups,
                 signature.inputs[0], signature.outputs[0], signature);
}

ConvolutionProblem problem_of(const graph::ConvolutionInputGradient& operation,
                              const Signature& signature) {
  require_shared(operation.kName, signature.inputs[1].shape);
  return problem(Direction::input_gradient, operation.window, operation.groups,
                 signature.outputs[0], signature.inputs[0], signature);
}

ConvolutionProblem problem_of(const graph::ConvolutionWeightGradient& operation,
                              const Signature& signature) {
  require_shared(operation.kName, operation.weight_shape);
  return problem(Direction::weight_gradient, operation.window, operation.groups,
                 signature.inputs[0], signature.inputs[1], signature);
}

}  // namespace lathe::cuda
