#pragma once

#include "core/graph/operations/convolution.h"

namespace lathe::testing {

// Convolutions as the tests of every backend's kernels write them.

struct ConvolutionCase {
  Shape x;
  graph::Window2D window;
  std::int64_t filters;
  std::int64_t groups = 1;
};

graph::Window2D window(graph::Size2D kernel, graph::Size2D strides = {},
                       graph::Padding2D padding = {},
                       graph::Size2D dilation = {});

inline constexpr graph::Padding2D kOne{
    .top = 1, .bottom = 1, .left = 1, .right = 1};
inline constexpr graph::Padding2D kTwo{
    .top = 2, .bottom = 2, .left = 2, .right = 2};
inline constexpr graph::Padding2D kAfter{.bottom = 1, .right = 1};

/// The weights' shape as a convolution's.
Shape weight_shape_of(const ConvolutionCase& entry);

/// check_kernel() of all three directions, with and without a bias, the weights
/// drawn in `weight_shape`. `scale`: of the tolerance.
void check_all_directions(const ConvolutionCase& entry,
                          const Shape& weight_shape, double scale = 1);
void check_all_directions(const ConvolutionCase& entry);

/// Both directions with everything that may follow the sums; where each sample
/// has weights of its own, it has such a bias.
void check_epilogues(const ConvolutionCase& entry, const Shape& weight_shape,
                     double scale = 1);
void check_epilogues(const ConvolutionCase& entry, double scale = 1);

}  // namespace lathe::testing
