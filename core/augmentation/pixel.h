#pragma once

#include "core/philox.h"

/// What happens to one pixel, on every device. Always inlined: a copy of its
/// own would be compiled for the least processor, and vectors can't call it.
#ifdef __CUDACC__
#define LATHE_PIXEL_FUNCTION LATHE_HOST_DEVICE __forceinline__
#else
#define LATHE_PIXEL_FUNCTION __attribute__((always_inline)) inline
#endif
