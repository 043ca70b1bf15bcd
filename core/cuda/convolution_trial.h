#pragma once

#include <optional>
#include <string>

#include "core/cuda/convolution_plan.h"

namespace lathe::cuda::cudnn {

struct ChosenPlan {
  Plan plan;
  /// The candidate's.
  std::string name;
};

/// The plan that was fastest in a trial on the current device: in this run, or
/// an earlier one that left its name in the cache (core/trial_cache.h). A trial
/// runs in memory of its own with the problem's shapes, so that the workspace
/// of the winner is known when memory is planned. Where the cache can't be
/// written the heuristics' first choice is taken instead, for two trials may
/// end otherwise than each other, and two plans in different bits. None where
/// no engine of cuDNN computes the problem.
std::optional<ChosenPlan> choose_plan(const ConvolutionProblem& problem);

}  // namespace lathe::cuda::cudnn
