#pragma once

#include "core/precision.h"

namespace lathe::cpu {

// What all threads together reach at most, measured in a few tens of
// milliseconds: the fastest of several runs.

/// Operations a second, a fused multiply-add being two: in float32, or of a
/// product of matrices in bfloat16 where the precision is that and the
/// processor has instructions for it.
double peak_flops(Precision precision = Precision::fp32);

/// Bytes read and written a second by a triad, x = y + s z, of arrays larger
/// than the caches (McCalpin's STREAM).
double peak_bytes();

}  // namespace lathe::cpu
