#pragma once

#include "core/device.h"
#include "core/graph/operation.h"
#include "core/kernel.h"

namespace lathe {

/// The kernel of that device for a node of this signature. Throws Error for
/// types the device can't compute with.
Kernel make_kernel(Device device, const graph::Operation& operation,
                   const Signature& signature);

}  // namespace lathe
