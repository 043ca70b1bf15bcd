#include "core/cuda/convolution_graph.h"

#include <array>

namespace lathe::cuda::cudnn {
namespace {

using graph::ActivationKind;
using Extents = std::array<std::int64_t, 4>;

// Values between operations, which have no memory.
constexpr std::int64_t kFirstVirtual = 100;

cudnnDataType_t type_of(Precision precision) {
  return precision == Precision::bf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
}

class Builder {
 public:
  explicit Builder(const ConvolutionProblem& problem)
      : problem_(problem), type_(type_of(problem.precision)) {}

  Descriptor build() {
    const bool has_epilogue =
        problem_.bias || problem_.activation != ActivationKind::linear;
    Descriptor sums = has_epilogue ? between() : target();
    operations_.push_back(convolution(sums));
    if (problem_.bias) {
      const bool last = problem_.activation == ActivationKind::linear;
      const Descriptor shifted = last ? target() : between();
      operations_.push_back(
          pointwise(pointwise_mode(CUDNN_POINTWISE_ADD), sums, shifted)
              .set(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, bias())
              .finalize());
      sums = shifted;
    }
    if (problem_.activation != ActivationKind::linear) {
      operations_.push_back(pointwise(activation(), sums, target()).finalize());
    }
    Descriptor graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    return graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operations_);
  }

 private:
  // cuDNN's order of extents is (N, C, H, W); the channels lie last.
  static Extents extents_of(const Shape& shape) {
    return {shape[0], shape[3], shape[1], shape[2]};
  }
  static Extents channels_last(const Shape& shape) {
    const std::int64_t row = shape[2] * shape[3];
    return {shape[1] * row, 1, row, shape[3]};
  }

  static Descriptor tensor(std::int64_t id, cudnnDataType_t type,
                           const Extents& extents, const Extents& strides) {
    Descriptor tensor(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
    // What a kernel gets lies as the arena aligns it.
    tensor.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT,
               static_cast<std::int64_t>(kAlignment));
    tensor.set(CUDNN_ATTR_TENSOR_DATA_TYPE, type);
    tensor.set(CUDNN_ATTR_TENSOR_DIMENSIONS,
               std::span<const std::int64_t>(extents));
    tensor.set(CUDNN_ATTR_TENSOR_STRIDES,
               std::span<const std::int64_t>(strides));
    tensor.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, id);
    return tensor;
  }

  Descriptor image() const {
    return images(kImage, type_, problem_.image).finalize();
  }
  Descriptor result() const {
    return images(kResult, type_, problem_.result).finalize();
  }
  static Descriptor images(std::int64_t id, cudnnDataType_t type,
                           const Shape& shape) {
    return tensor(id, type, extents_of(shape), channels_last(shape));
  }

  Descriptor weights() const {
    const std::int64_t channels = problem_.image[3] / problem_.groups;
    const std::int64_t filters = problem_.result[3];
    const auto [height, width] = problem_.window.kernel;
    return tensor(kWeights, type_, {filters, channels, height, width},
                  {height * width * channels, 1, width * channels, channels})
        .finalize();
  }

  Descriptor bias() const {
    return images(kBias, type_, {1, 1, 1, problem_.target()[3]}).finalize();
  }

  // What is computed.
  Descriptor target() const {
    switch (problem_.direction) {
      case Direction::forward:
        return result();
      case Direction::input_gradient:
        return image();
      case Direction::weight_gradient:
        break;
    }
    return weights();
  }

  Descriptor between() {
    Descriptor value = images(kFirstVirtual + virtual_count_++,
                              CUDNN_DATA_FLOAT, problem_.target());
    return value.set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, true).finalize();
  }

  Descriptor window() const {
    const auto& [kernel, strides, dilation, padding] = problem_.window;
    using Pair = std::array<std::int64_t, 2>;
    const auto pair = [](const Pair& values) {
      return std::span<const std::int64_t>(values);
    };
    const Pair steps{strides.height, strides.width};
    const Pair spread{dilation.height, dilation.width};
    const Pair before{padding.top, padding.left};
    const Pair after{padding.bottom, padding.right};
    Descriptor window(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
    window.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT);
    window.set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_CROSS_CORRELATION);
    window.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, std::int64_t{2});
    window.set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, pair(steps));
    window.set(CUDNN_ATTR_CONVOLUTION_DILATIONS, pair(spread));
    window.set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, pair(before));
    window.set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, pair(after));
    return window.finalize();
  }

  Descriptor convolution(const Descriptor& sums) const {
    const float beta = problem_.accumulates ? 1.0F : 0.0F;
    switch (problem_.direction) {
      case Direction::forward:
        return Descriptor(
                   CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR)
            .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, window())
            .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, 1.0F)
            .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, beta)
            .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, image())
            .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, weights())
            .set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, sums)
            .finalize();
      case Direction::input_gradient:
        return Descriptor(
                   CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR)
            .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC, window())
            .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA, 1.0F)
            .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA, beta)
            .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY, result())
            .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W, weights())
            .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, sums)
            .finalize();
      case Direction::weight_gradient:
        break;
    }
    return Descriptor(
               CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR)
        .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC, window())
        .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA, 1.0F)
        .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA, beta)
        .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X, image())
        .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY, result())
        .set(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW, sums)
        .finalize();
  }

  static Descriptor pointwise_mode(cudnnPointwiseMode_t mode) {
    return Descriptor(CUDNN_BACKEND_POINTWISE_DESCRIPTOR)
        .set(CUDNN_ATTR_POINTWISE_MODE, mode)
        .set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT)
        .finalize();
  }

  static Descriptor pointwise(const Descriptor& mode, const Descriptor& x,
                              const Descriptor& y) {
    return Descriptor(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR)
        .set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, mode)
        .set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, x)
        .set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y);
  }

  Descriptor activation() const {
    switch (problem_.activation) {
      case ActivationKind::linear:
        break;
      case ActivationKind::relu:
        return pointwise_mode(CUDNN_POINTWISE_RELU_FWD);
      case ActivationKind::sigmoid:
        return pointwise_mode(CUDNN_POINTWISE_SIGMOID_FWD);
      case ActivationKind::swish:
        return pointwise_mode(CUDNN_POINTWISE_SWISH_FWD);
      case ActivationKind::tanh:
        return pointwise_mode(CUDNN_POINTWISE_TANH_FWD);
    }
    return pointwise_mode(CUDNN_POINTWISE_IDENTITY);
  }

  const ConvolutionProblem& problem_;
  cudnnDataType_t type_;
  std::int64_t virtual_count_ = 0;
  std::vector<Descriptor> operations_;
};

}  // namespace

Descriptor convolution_graph(const ConvolutionProblem& problem) {
  return Builder(problem).build();
}

}  // namespace lathe::cuda::cudnn
