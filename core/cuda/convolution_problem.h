#pragma once

#include <string>

#include "core/graph/operations/convolution.h"
#include "core/kernel.h"
#include "core/precision.h"

namespace lathe::cuda {

enum class Direction { forward, input_gradient, weight_gradient };

/// A convolution in one of its directions, as the graph's operations describe
/// it, of an image (N, H, W, C) and a result (N, H', W', F). Its weights are
/// (F, kernel height, kernel width, C / groups), see library_convolution.h. To
/// what the direction computes a bias is added and an activation applied, or it
/// is added to what is there.
struct ConvolutionProblem {
  Direction direction = Direction::forward;
  graph::Window2D window{};
  std::int64_t groups = 1;
  Shape image{};
  Shape result{};
  Precision precision = Precision::fp32;
  bool bias = false;
  graph::ActivationKind activation = graph::ActivationKind::linear;
  bool accumulates = false;

  /// The image or the result, whichever is computed; the image where it is the
  /// weights.
  const Shape& target() const {
    return direction == Direction::forward ? result : image;
  }
  /// Weights of one filter, and of all.
  std::int64_t weights_a_filter() const {
    return window.kernel.height * window.kernel.width * (image[3] / groups);
  }
  std::int64_t weights() const { return weights_a_filter() * result[3]; }
};

/// Everything in it on one line, which tells it apart from any other:
/// "input_gradient fp32 image 16x224x224x3 ...".
std::string to_string(const ConvolutionProblem& problem);

/// Without summands and activation.
ConvolutionProblem problem_of(const graph::Convolution& operation,
                              const Signature& signature);
ConvolutionProblem problem_of(const graph::ConvolutionInputGradient& operation,
                              const Signature& signature);
ConvolutionProblem problem_of(const graph::ConvolutionWeightGradient& operation,
                              const Signature& signature);

}  // namespace lathe::cuda
