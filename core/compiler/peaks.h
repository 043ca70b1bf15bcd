#pragma once

#include "core/device.h"
#include "core/precision.h"

namespace lathe {

/// What a device reaches at most: its roofline (Williams, Waterman, Patterson,
/// "Roofline", 2009).
struct Peaks {
  double flops = 0;  ///< a second
  double bytes = 0;  ///< read and written a second
};

/// Measures them, in some tens of milliseconds. A CPU's by multiply-adds of
/// float32 in registers (for bf16, where it has instructions for that, by a
/// product of two matrices) and by a triad of arrays larger than the caches,
/// with all threads. A GPU's by a product of two matrices of side x side in
/// that precision and by the sum of two; throws Error where there is none.
Peaks measure_peaks(Device device, Precision precision = Precision::fp32,
                    std::int64_t side = 4096);

}  // namespace lathe
