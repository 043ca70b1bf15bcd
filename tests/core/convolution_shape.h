#pragma once

#include "core/cpu/convolution.h"
#include "tests/core/convolution_check.h"

namespace lathe::testing {

/// The case as kernels of the CPU take it.
inline cpu::ConvolutionShape shape_of(const ConvolutionCase& entry,
                                      DType dtype) {
  return {.window = entry.window,
          .batch = entry.x[0],
          .image = {.height = entry.x[1], .width = entry.x[2]},
          .result = entry.window.output_size(
              "the test", {.height = entry.x[1], .width = entry.x[2]}),
          .channels = entry.x[3],
          .filters = entry.filters,
          .dtype = dtype};
}

}  // namespace lathe::testing
