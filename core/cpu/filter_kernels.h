#pragma once

#include <cstdint>

#include "core/augmentation/histogram.h"
#include "core/cpu/color_kernels.h"

namespace lathe::cpu {

/// Rows of values and what each counts.
struct WeightedRows {
  const float* const* rows;
  const float* weights;
  int count;
};

/// Their sum, clipped: out[i] = sum of weights[k] rows[k][i].
void add_rows(const WeightedRows& weighted, std::int64_t count,
              const ValueRange& range, float* out);

/// bin_of() every value.
void find_bins(const float* values, std::int64_t count, const ValueRange& range,
               std::uint8_t* bins);

/// A row of bins, and the tables of the tiles above and below its middle: one a
/// channel of each tile. `part` is how far it is from the upper ones.
struct TableRow {
  const std::uint8_t* bins;
  std::int64_t pixels;
  std::int64_t channels;
  const TilePlace* columns;
  const ByteTable* upper;
  const ByteTable* lower;
  float part;
};

/// What becomes of them between the tables, in units of the range.
void blend_tables(const TableRow& row, const ValueRange& range, float* values);

/// Lowers `lows` and raises `highs` to the row's extremes of each channel.
void add_extremes(const ColorRow& row, float* lows, float* highs);

/// (x - lows) * scales + range.low, clipped, each channel by its own.
void stretch_row(const ColorRow& row, const float* lows, const float* scales,
                 const ValueRange& range);

}  // namespace lathe::cpu
