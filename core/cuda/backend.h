#pragma once

#include "core/graph/operation.h"
#include "core/kernel.h"

namespace lathe::cuda {

/// Whether there is a GPU that this build has kernels for, and what they need
/// of libraries.
bool has_device();
/// Throws Error saying why there is none.
void require_device();

Kernel make_kernel(const graph::Operation& operation,
                   const Signature& signature);

}  // namespace lathe::cuda
