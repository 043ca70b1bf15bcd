#pragma once

#include <map>
#include <vector>

#include "core/graph/graph.h"
#include "core/tensor.h"

namespace lathe::graph {

/// A network with values for its inputs, weights and states.
struct PassNetwork {
  Graph graph;
  std::vector<ValueId> weights;
  std::map<ValueId, Tensor> given;
  ValueId loss = kNoValue;
};

/// Adds layers with weights of their own to a network.
class PassNetworkBuilder {
 public:
  explicit PassNetworkBuilder(DType dtype) : dtype_(dtype) {}

  ValueId weight(const Shape& shape);
  /// With a bias and zeros around the image that keep its size.
  ValueId convolution(ValueId x, std::int64_t side, std::int64_t filters);
  ValueId transposed(ValueId x, std::int64_t side, std::int64_t channels);
  /// Without a bias, as those below.
  ValueId pointwise(ValueId x, std::int64_t filters);
  ValueId depthwise(ValueId x, std::int64_t side);
  ValueId normalization(ValueId x);
  /// With statistics that are given.
  ValueId fixed(ValueId x);
  ValueId activation(ValueId x, ActivationKind kind);
  /// Squeeze-and-excite.
  ValueId gated(ValueId x);
  ValueId enlarge(ValueId x);

  PassNetwork network;

 private:
  ValueId given(const Shape& shape);

  DType dtype_;
  std::uint64_t seed_ = 0;
};

/// A network of everything that passes look for: normalisations with
/// activations and sums, doubled rectifiers, zeros around an image, squeeze-
/// and-excite, enlarged residuals, a sigmoid before the loss, work that nobody
/// needs.
PassNetwork make_network();

/// An inverted residual: expanded and, scaled by a gate, projected by
/// convolutions of single pixels without a bias, each before a normalisation.
PassNetwork make_inverted_residual();

/// What is only predicted with: every kind of convolution before a
/// normalisation with given statistics, an activation, a sum.
PassNetwork make_predicting_network();

}  // namespace lathe::graph
