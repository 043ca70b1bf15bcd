#pragma once

#include "core/graph/operations/activation.h"
#include "core/graph/operations/common.h"

namespace lathe::graph {

/// What squeeze-and-excite scales the channels of an image by (Hu et al., 2018,
/// arXiv:1709.01507), from their means x: z = x v + b, y = g(f(z) w + c).
/// Inputs: x (N, 1, 1, C), v (1, 1, C, S), b (S), w (1, 1, S, F), c (F).
/// Outputs: y (N, 1, 1, F) and z (N, 1, 1, S).
struct Excitation {
  static constexpr std::string_view kName = "excitation";
  /// f.
  ActivationKind hidden = ActivationKind::swish;
  /// g; not swish, whose gradient doesn't follow from y.
  ActivationKind activation = ActivationKind::sigmoid;

  Specs output_specs(SpecSpan inputs) const;
  void gradient(GradientBuilder& builder) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// Inputs: dy, x, y, z, v, w. Outputs: dx, dv, db, dw, dc.
struct ExcitationGradient {
  static constexpr std::string_view kName = "excitation_gradient";
  /// f.
  ActivationKind hidden = ActivationKind::swish;
  /// g.
  ActivationKind activation = ActivationKind::sigmoid;

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// How large either is.
struct ExcitationExtents {
  std::int64_t samples = 0;  ///< N
  std::int64_t inputs = 0;   ///< C
  std::int64_t hidden = 0;   ///< S
  std::int64_t outputs = 0;  ///< F
};

/// Of x, v and w.
ExcitationExtents excitation_extents(const TensorSpec& x, const TensorSpec& v,
                                     const TensorSpec& w);

}  // namespace lathe::graph
