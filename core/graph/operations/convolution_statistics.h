#pragma once

#include "core/graph/operations/common.h"

namespace lathe::graph {

/// The statistics that a BatchNormalization takes of y = x w, a convolution of
/// single pixels, without y: mean = mean(x) w, and of filter f variance = w_f'
/// cov(x) w_f. Inputs: x (N, H, W, C), w (1, 1, C, F). Outputs: mean and biased
/// variance (F). Worth it where C is small beside F.
struct ConvolutionStatistics {
  static constexpr std::string_view kName = "convolution_statistics";

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

}  // namespace lathe::graph
