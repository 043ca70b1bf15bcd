// What DigitProduct multiplies as integers of three digits, as tiles take it.
#include <algorithm>

#include "core/cpu/digit_product.h"
#include "core/cpu/digits.h"

namespace lathe::cpu {

#ifdef LATHE_AMX

LATHE_AMX void DigitProduct::arrange(std::int64_t part, const float* b,
                                     std::int64_t row_step,
                                     std::int64_t column_step,
                                     std::byte* to) const {
  const std::int64_t columns = std::min(columns_ - part * kPart, kPart);
  to += part * part_bytes();
  if (column_step == 1) {
    arrange_rows(b, row_step, columns, to);
  } else {
    arrange_columns(b, column_step, columns, to);
  }
}

LATHE_AMX void DigitProduct::arrange_rows(const float* b, std::int64_t step,
                                          std::int64_t columns,
                                          std::byte* to) const {
  const auto row = [&](std::int64_t k) LATHE_AMX {
    return k < inner_ ? _mm512_maskz_loadu_ps(first(columns), b + k * step)
                      : _mm512_setzero_ps();
  };
  __m512i greatest = _mm512_setzero_si512();
  for (std::int64_t k = 0; k < inner_; ++k) {
    greatest = greater(greatest, magnitude_bits(row(k)));
  }
  const Scales scales = scales_of(greatest);
  for (std::int64_t chunk = 0; chunk < chunks_; ++chunk) {
    for (std::int64_t i = 0; i < kTile; ++i) {
      const std::int64_t k = chunk * kChunk + i;
      const __m512 values[4] = {row(k), row(k + kTile), row(k + 2 * kTile),
                                row(k + 3 * kTile)};
      write_digits(values, scales.factors, to + i * kChunk);
    }
    to += kDigitTiles;
  }
  _mm512_store_ps(to, scales.units);
}

LATHE_AMX void DigitProduct::arrange_columns(const float* b, std::int64_t step,
                                             std::int64_t columns,
                                             std::byte* to) const {
  alignas(64) unsigned greatest[kTile] = {};
  for (std::int64_t c = 0; c < columns; ++c) {
    greatest[c] = greatest_of(b + c * step, inner_);
  }
  const Scales scales = scales_of(_mm512_load_si512(greatest));
  alignas(64) float factors[kTile];
  _mm512_store_ps(factors, scales.factors);
  alignas(64) std::byte lines[kDigitTiles] = {};
  for (std::int64_t k = 0; k < inner_; k += kChunk) {
    for (std::int64_t c = 0; c < columns; ++c) {
      write_row(b + c * step + k, inner_ - k, _mm512_set1_ps(factors[c]),
                lines + c * kChunk);
    }
    for (std::int64_t digit = 0; digit < kDigits; ++digit) {
      transpose(lines + digit * kTileBytes, to + digit * kTileBytes);
    }
    to += kDigitTiles;
  }
  _mm512_store_ps(to, scales.units);
}

// By chunks: the tiles of the first 16 rows, and those of the next.
LATHE_AMX void DigitProduct::convert(const float* a, std::int64_t rows,
                                     std::byte* to, float* units) const {
  for (std::int64_t row = 0; row < rows; row += kTile) {
    const std::int64_t end = std::min(row + kTile, rows);
    alignas(64) unsigned greatest[kTile] = {};
    for (std::int64_t r = row; r < end; ++r) {
      greatest[r - row] = greatest_of(a + r * inner_, inner_);
    }
    const Scales scales = scales_of(_mm512_load_si512(greatest));
    _mm512_store_ps(units + row, scales.units);
    alignas(64) float factors[kTile];
    _mm512_store_ps(factors, scales.factors);
    std::byte* tiles = to + row / kTile * kDigitTiles;
    for (std::int64_t r = row; r < end; ++r) {
      const __m512 factor = _mm512_set1_ps(factors[r - row]);
      const float* from = a + r * inner_;
      std::byte* line = tiles + (r - row) * kChunk;
      for (std::int64_t k = 0; k < inner_; k += kChunk, line += kRowTiles) {
        write_row(from + k, inner_ - k, factor, line);
      }
    }
  }
}

LATHE_AMX void DigitProduct::convert(const float* a, const Transposed& layout,
                                     std::int64_t rows, std::byte* to,
                                     float* units) const {
  for (std::int64_t row = 0; row < rows; row += kPart) {
    const float* panel = a + row / kPart * layout.panel;
    const __mmask16 there = first(rows - row);
    const auto at = [&](std::int64_t k) LATHE_AMX {
      return k < inner_ ? _mm512_maskz_loadu_ps(there, panel + k * layout.step)
                        : _mm512_setzero_ps();
    };
    __m512i greatest = _mm512_setzero_si512();
    for (std::int64_t k = 0; k < inner_; ++k) {
      greatest = greater(greatest, magnitude_bits(at(k)));
    }
    const Scales scales = scales_of(greatest);
    _mm512_store_ps(units + row, scales.units);
    std::byte* tiles = to + row / kPart * kDigitTiles;
    for (std::int64_t chunk = 0; chunk < chunks_; ++chunk) {
      alignas(64) std::byte columns[kDigitTiles];
      for (std::int64_t i = 0; i < kTile; ++i) {
        const std::int64_t k = chunk * kChunk + i;
        const __m512 values[4] = {at(k), at(k + kTile), at(k + 2 * kTile),
                                  at(k + 3 * kTile)};
        write_digits(values, scales.factors, columns + i * kChunk);
      }
      for (std::int64_t digit = 0; digit < kDigits; ++digit) {
        transpose(columns + digit * kTileBytes, tiles + digit * kTileBytes);
      }
      tiles += kRowTiles;
    }
  }
}

#else

void DigitProduct::arrange(std::int64_t, const float*, std::int64_t,
                           std::int64_t, std::byte*) const {}

#endif

}  // namespace lathe::cpu
