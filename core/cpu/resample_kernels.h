#pragma once

#include "core/augmentation/resample.h"

namespace lathe::cpu {

/// Rows [first, last) of one sample's output.
struct ResampleRows {
  const Resample& how;
  const void* input;
  DType input_type;
  std::int32_t input_height;
  std::int32_t input_width;
  /// Where row `first` goes.
  void* output;
  DType output_type;
  std::int32_t output_height;
  std::int32_t output_width;
  std::int32_t channels;
  const float* row;
  /// Null for none.
  const Warp* warp;
  std::int32_t first;
  std::int32_t last;
};

/// Flips and shifts by whole pixels that stay inside: every output pixel is an
/// input pixel, and every interpolation reads just that.
struct WholePixels {
  bool valid = false;
  std::int32_t step_x = 1;
  std::int32_t step_y = 1;
  std::int32_t first_x = 0;
  std::int32_t first_y = 0;
};

WholePixels whole_pixels(const ResampleRows& task);

/// Computes them with the widest vectors of this machine.
void resample_rows(const ResampleRows& task);

}  // namespace lathe::cpu
