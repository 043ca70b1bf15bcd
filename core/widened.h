#pragma once

#include <functional>

#include "core/graph/operation.h"
#include "core/kernel.h"

namespace lathe {

/// Whether any of the values is bfloat16.
bool has_bfloat16(const Signature& signature);

/// A kernel for values in bfloat16 made of one for float32, which defines what
/// any other has to give: in the workspace are the values in float32, and what
/// is computed from them is rounded. `make_cast` makes a backend's casts.
Kernel widened(const Signature& signature,
               const std::function<Kernel(const Signature&)>& make_float32,
               const std::function<Kernel(const graph::Cast&,
                                          const Signature&)>& make_cast);

}  // namespace lathe
