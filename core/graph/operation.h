#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "core/graph/operations/activation.h"
#include "core/graph/operations/all_reduce.h"
#include "core/graph/operations/arrangement.h"
#include "core/graph/operations/augmentation.h"
#include "core/graph/operations/cast.h"
#include "core/graph/operations/convolution.h"
#include "core/graph/operations/convolution_statistics.h"
#include "core/graph/operations/dice.h"
#include "core/graph/operations/dropout.h"
#include "core/graph/operations/elementwise.h"
#include "core/graph/operations/excitation.h"
#include "core/graph/operations/expanded_convolution.h"
#include "core/graph/operations/loss.h"
#include "core/graph/operations/matrix_product.h"
#include "core/graph/operations/merged_weights.h"
#include "core/graph/operations/metric.h"
#include "core/graph/operations/normalization.h"
#include "core/graph/operations/normalized_convolution.h"
#include "core/graph/operations/normalized_expansion.h"
#include "core/graph/operations/optimizer.h"
#include "core/graph/operations/pooling.h"
#include "core/graph/operations/upsampling.h"

namespace lathe::graph {

/// Everything a graph can compute. A backend that lacks one doesn't link.
using Operations = std::variant<
    Convolution, ConvolutionInputGradient, ConvolutionWeightGradient,
    ExpandedConvolution, MatrixProduct, Excitation, ExcitationGradient,
    Activation, ActivationGradient, Softmax, SoftmaxGradient,
    BatchNormalization, BatchNormalizationGradient, FixedNormalization,
    FixedNormalizationGradient, NormalizedConvolutionGradient,
    NormalizedExpansionGradient, ConvolutionStatistics, NormalizedWeights,
    MovingStatistics, MaxPooling, MaxPoolingGradient, AveragePooling,
    AveragePoolingGradient, UpSampling, UpSamplingGradient, Add, Multiply,
    ReduceSum, Affine, Constant, Increment, Cast, Concatenate, Slice, Pad,
    Reshape, MergedWeights, MergedWeightsGradient, Dropout, Augmentation,
    BinaryCrossentropy, BinaryCrossentropyGradient, CategoricalCrossentropy,
    CategoricalCrossentropyGradient, Dice, DiceGradient, PredictedClass,
    ConfusionMatrix, TopK, Adam, SGD, RMSprop, Lion, AccumulateGradients,
    GradientScales, WeightAverages, StartAllReduce, WaitAllReduce, TargetShare>;

/// One of them. Copied in operation.cpp alone, for each file that copies such a
/// variant takes three seconds to compile.
class Operation : public Operations {
 public:
  /// One that is given; converts, as variants do.
  template <class Op>
  requires requires { Op::kName; }
  Operation(Op operation)
      : Operations(std::in_place_type<Op>, std::move(operation)) {}
  Operation(const Operation&);                 ///< Copies.
  Operation(Operation&&) noexcept;             ///< Moves.
  Operation& operator=(const Operation&);      ///< Copies.
  Operation& operator=(Operation&&) noexcept;  ///< Moves.
  ~Operation();
};

std::string_view name_of(const Operation& operation);
Specs output_specs(const Operation& operation, SpecSpan inputs);
Cost cost_of(const Operation& operation, SpecSpan inputs, SpecSpan outputs);

/// Which inputs the operation changes in place.
std::vector<std::size_t> writes_of(const Operation& operation,
                                   std::size_t input_count);

/// The input whose memory output 0 may take over, if any.
std::optional<std::size_t> in_place_input_of(const Operation& operation,
                                             std::size_t input_count);

}  // namespace lathe::graph
