#pragma once

#include "core/compiler/memory_plan.h"

namespace lathe {

/// What a training step may compute once more in its backward pass rather than
/// keep from the forward pass, where less memory is then in use at its most.
enum class Recomputed {
  /// Images scaled by a gate for each sample's channels, as squeeze-and-excite
  /// has them: the images themselves are kept anyway. None of less than a
  /// two-hundredth of what was in use.
  gated_images,
  /// Normalisations with the statistics that are known, activations, depthwise
  /// convolutions, upsampling, dropout, padding, casts and whatever else is a
  /// pass or two over memory; the cheapest, up to half of what was in use.
  whatever_is_cheap,
};

/// Lets it do so. The bits stay the same.
void recompute(graph::Graph& graph, Recomputed what,
               const MemoryPlanOptions& options = {});

}  // namespace lathe
