#pragma once

#include "core/compiler/memory_plan.h"

namespace lathe {

/// Lets a training step compute cheap values once more in the backward pass
/// rather than keep them from the forward pass, where less memory is then in
/// use at its most: normalisations with the statistics that are known,
/// activations, depthwise convolutions, upsampling, dropout, padding, casts and
/// whatever else is a pass or two over memory; the cheapest, up to half of what
/// was in use. The bits stay the same.
void recompute(graph::Graph& graph, const MemoryPlanOptions& options = {});

}  // namespace lathe
