#pragma once

#include <string_view>

#include "core/graph/operations/elementwise.h"
#include "core/kernel.h"

namespace lathe::cuda {

/// The means over `shape.repeated` of x (outer, repeated, inner), float32 or
/// bfloat16: float32 (outer, inner). Throws Error naming `operation` for other
/// types.
Kernel means(std::string_view operation, const TensorSpec& x,
             const graph::BroadcastShape& shape);

}  // namespace lathe::cuda
