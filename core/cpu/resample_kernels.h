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

/// Computes them with the widest vectors of this machine.
void resample_rows(const ResampleRows& task);

}  // namespace lathe::cpu
