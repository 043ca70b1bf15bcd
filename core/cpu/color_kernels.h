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

/// Where a row's values v go, as v * scale + offset, float32 or uint8.
struct ColorOutput {
  float scale;
  float offset;
  /// The row itself will do.
  void* values;
  DType type;
};

/// Steps on a row in place, one after the other; `means` as change_color() has
/// it.
void change_colors(std::span<const ColorStep> steps, const float* means,
                   const ValueRange& range, const ColorRow& row);

/// The same and then store_row(); what the row itself becomes is not said.
void change_and_store(std::span<const ColorStep> steps, const float* means,
                      const ValueRange& range, const ColorRow& row,
                      const ColorOutput& output);

/// Adds the row's sum of each channel to `sums`.
void add_sums(const ColorRow& row, double* sums);

void store_row(const ColorRow& row, const ColorOutput& output);

}  // namespace lathe::cpu
