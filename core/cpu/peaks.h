#pragma once

namespace lathe::cpu {

// What all threads together reach at most, measured in a few tens of
// milliseconds: the fastest of several runs.

/// Operations in float32 a second, a fused multiply-add being two.
double peak_flops();

/// Bytes read and written a second by a triad, x = y + s z, of arrays larger
/// than the caches (McCalpin's STREAM).
double peak_bytes();

}  // namespace lathe::cpu
