#pragma once

#include "core/graph/operations/expanded_convolution.h"
#include "core/kernel.h"

namespace lathe::cpu {

/// The kernel of an expanded convolution; `split`: whose expansion is of split
/// products (split_product.h), where the processor has them, in float32.
Kernel expanded_convolution(const graph::ExpandedConvolution& operation,
                            const Signature& signature, bool split);

}  // namespace lathe::cpu
