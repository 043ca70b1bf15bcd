#pragma once

#include <span>

#include "core/augmentation/color.h"
#include "core/dtype.h"

namespace lathe::cpu {

/// A row of pixels, interleaved.
struct ColorRow {
  float* values;
  std::int64_t pixels;
  std::int64_t channels;
};

/// Steps on a row in place, one after the other; `means` as change_color() has
/// it.
void change_colors(std::span<const ColorStep> steps, const float* means,
                   const ValueRange& range, const ColorRow& row);

/// Adds the row's sum of each channel to `sums`.
void add_sums(const ColorRow& row, double* sums);

/// Writes a row's values v as v * scale + offset, float32 or uint8; the row
/// itself will do as output.
void store_row(const ColorRow& row, float scale, float offset, void* output,
               DType type);

}  // namespace lathe::cpu
