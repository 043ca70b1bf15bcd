#pragma once

#include "core/graph/operations/common.h"

namespace lathe::graph {

/// Joins tensors along an axis; the other extents agree.
struct Concatenate {
  static constexpr std::string_view kName = "concatenate";
  std::size_t axis = 0;

  Specs output_specs(SpecSpan inputs) const;
  void gradient(GradientBuilder& builder) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// The box of `extents` that starts at `begin`, both with an entry an axis.
struct Slice {
  static constexpr std::string_view kName = "slice";
  Shape begin{};
  Shape extents{};

  Specs output_specs(SpecSpan inputs) const;
  void gradient(GradientBuilder& builder) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// Zeros before and after, both with an entry an axis.
struct Pad {
  static constexpr std::string_view kName = "pad";
  Shape before{};
  Shape after{};

  Specs output_specs(SpecSpan inputs) const;
  void gradient(GradientBuilder& builder) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

/// The same elements with other extents. The compiler makes it a view.
struct Reshape {
  static constexpr std::string_view kName = "reshape";
  static constexpr std::size_t kInPlace = 0;
  Shape shape{};

  Specs output_specs(SpecSpan inputs) const;
  void gradient(GradientBuilder& builder) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

}  // namespace lathe::graph
