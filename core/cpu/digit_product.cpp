#include "core/cpu/digit_product.h"

#include <algorithm>

#include "core/cpu/digits.h"
#include "core/cpu/target.h"
#include "core/error.h"

namespace lathe::cpu {

bool DigitProduct::serves(std::int64_t rows, std::int64_t inner,
                          std::int64_t columns) {
  // Others lose by the conversion of a what they win by products.
  constexpr std::int64_t kWorthIt = 1 << 14;
  return rows >= kRows && inner >= 48 && inner <= kLongest && columns >= 48 &&
         inner * columns >= kWorthIt && has_tiles();
}

}  // namespace lathe::cpu

#ifdef LATHE_AMX

namespace lathe::cpu {
namespace {

// Of kRows rows and a chunk.
constexpr std::int64_t kRowTiles = 2 * kDigitTiles;
constexpr std::int64_t kSums = kTile * kTile;

std::int64_t parts_of(std::int64_t extent, std::int64_t part) {
  return (extent + part - 1) / part;
}

}  // namespace

DigitProduct::DigitProduct(std::int64_t inner, std::int64_t columns)
    : inner_(inner), columns_(columns), chunks_(parts_of(inner, kChunk)) {}

std::int64_t DigitProduct::parts() const {
  return parts_of(columns_, kPart);
}

// The digits' tiles by chunks, and the units of the columns.
std::int64_t DigitProduct::part_bytes() const {
  return chunks_ * kDigitTiles +
         kTile * static_cast<std::int64_t>(sizeof(float));
}

std::int64_t DigitProduct::workspace_bytes() const {
  return chunks_ * kRowTiles + kRows * static_cast<std::int64_t>(sizeof(float));
}

LATHE_AMX void DigitProduct::arrange(std::int64_t part, const float* b,
                                     std::int64_t row_step,
                                     std::int64_t column_step,
                                     std::byte* to) const {
  const __mmask16 there = first(columns_ - part * kPart);
  const auto row = [&](std::int64_t k) LATHE_AMX {
    if (k >= inner_) return _mm512_setzero_ps();
    const float* from = b + k * row_step;
    return column_step == 1 ? _mm512_maskz_loadu_ps(there, from)
                            : gather(from, column_step, there);
  };
  __m512i greatest = _mm512_setzero_si512();
  for (std::int64_t k = 0; k < inner_; ++k) {
    greatest = greater(greatest, magnitude_bits(row(k)));
  }
  const Scales scales = scales_of(greatest);
  to += part * part_bytes();
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
      std::int64_t k = 0;
      for (; k + kChunk <= inner_; k += kChunk, line += kRowTiles) {
        const __m512 values[4] = {_mm512_loadu_ps(from + k),
                                  _mm512_loadu_ps(from + k + kTile),
                                  _mm512_loadu_ps(from + k + 2 * kTile),
                                  _mm512_loadu_ps(from + k + 3 * kTile)};
        write_digits(values, factor, line);
      }
      if (k < inner_) {
        __m512 values[4];
        for (int i = 0; i < 4; ++i, k += kTile) {
          values[i] = _mm512_maskz_loadu_ps(first(inner_ - k), from + k);
        }
        write_digits(values, factor, line);
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

// Leaves in tiles 0 to 2 the sums of the first 16 rows, high high, high middle
// + middle high and high low + middle middle + low high, and in 3 to 5 those of
// the next. In this order each waits for the one before it the least.
LATHE_AMX void DigitProduct::sum(const std::byte* a, const std::byte* b) const {
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_zero(4);
  _tile_zero(5);
  constexpr std::int64_t kMiddle = kTileBytes;
  constexpr std::int64_t kLow = 2 * kTileBytes;
  for (std::int64_t chunk = 0; chunk < chunks_; ++chunk) {
    const std::byte* next = a + kDigitTiles;
    _tile_loadd(7, b, 64);
    _tile_loadd(6, a, 64);
    _tile_dpbssd(0, 6, 7);
    _tile_loadd(6, next, 64);
    _tile_dpbssd(3, 6, 7);
    _tile_loadd(6, a + kLow, 64);
    _tile_dpbssd(2, 6, 7);
    _tile_loadd(6, next + kLow, 64);
    _tile_dpbssd(5, 6, 7);
    _tile_loadd(6, a + kMiddle, 64);
    _tile_dpbssd(1, 6, 7);
    _tile_loadd(6, next + kMiddle, 64);
    _tile_dpbssd(4, 6, 7);
    _tile_loadd(7, b + kMiddle, 64);
    _tile_dpbssd(5, 6, 7);
    _tile_loadd(6, a + kMiddle, 64);
    _tile_dpbssd(2, 6, 7);
    _tile_loadd(6, a, 64);
    _tile_dpbssd(1, 6, 7);
    _tile_loadd(6, next, 64);
    _tile_dpbssd(4, 6, 7);
    _tile_loadd(7, b + kLow, 64);
    _tile_dpbssd(5, 6, 7);
    _tile_loadd(6, a, 64);
    _tile_dpbssd(2, 6, 7);
    a += kRowTiles;
    b += kDigitTiles;
  }
}

// `sums`: those of the six tiles.
LATHE_AMX void DigitProduct::finish(const Operands& o, std::int64_t row,
                                    std::int64_t part, const std::int32_t* sums,
                                    const float* units) const {
  const std::int64_t column = part * kTile;
  const __mmask16 columns = first(columns_ - column);
  const __m512 start = o.start == nullptr
                           ? _mm512_setzero_ps()
                           : _mm512_maskz_loadu_ps(columns, o.start + column);
  const __m512 base = _mm512_set1_ps(256);
  // The last digits' products of each sum stand for 256^2.
  const __m512 column_units = _mm512_mul_ps(
      _mm512_load_ps(o.b + part * part_bytes() + chunks_ * kDigitTiles),
      _mm512_mul_ps(base, base));
  const auto sum_of = [&](const std::int32_t* from) LATHE_AMX {
    return _mm512_maskz_cvtepi32_ps(kAll, _mm512_load_si512(from));
  };
  const std::int64_t rows = std::min(kRows, o.rows - row);
  for (std::int64_t r = 0; r < rows; ++r) {
    const std::int32_t* from =
        sums + r / kTile * kDigits * kSums + r % kTile * kTile;
    const __m512 product = _mm512_fmadd_ps(
        _mm512_fmadd_ps(sum_of(from), base, sum_of(from + kSums)), base,
        sum_of(from + 2 * kSums));
    __m512 sum = _mm512_fmadd_ps(_mm512_mul_ps(product, column_units),
                                 _mm512_set1_ps(units[r]), start);
    const std::int64_t place = (row + r) * columns_ + column;
    if (o.r != nullptr) {
      sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(columns, o.r + place));
    }
    _mm512_mask_storeu_ps(o.c + place, columns, sum);
  }
}

// convert(row, count, to, units) converts `count` rows from that one on.
template <class Convert>
LATHE_AMX void DigitProduct::run_by(const Operands& o, Convert convert_rows,
                                    std::byte* workspace) const {
  TileShapes shapes;
  for (std::size_t tile = 0; tile < 8; ++tile) shapes.set(tile, kTile, kChunk);
  const WithTiles tiles(shapes);
  float* units = reinterpret_cast<float*>(workspace + chunks_ * kRowTiles);
  // Sums are finished while the processor multiplies for the next.
  alignas(64) std::int32_t sums[2][2 * kDigits * kSums];
  for (std::int64_t row = 0; row < o.rows; row += kRows) {
    const std::int64_t count = std::min(kRows, o.rows - row);
    convert_rows(row, count, workspace, units);
    finish_writes();
    for (std::int64_t part = 0; part < parts(); ++part) {
      sum(workspace, o.b + part * part_bytes());
      std::int32_t* to = sums[part % 2];
      if (part > 0) finish(o, row, part - 1, sums[(part - 1) % 2], units);
      _tile_stored(0, to, 64);
      _tile_stored(1, to + kSums, 64);
      _tile_stored(2, to + 2 * kSums, 64);
      _tile_stored(3, to + 3 * kSums, 64);
      _tile_stored(4, to + 4 * kSums, 64);
      _tile_stored(5, to + 5 * kSums, 64);
      finish_writes();
    }
    finish(o, row, parts() - 1, sums[(parts() - 1) % 2], units);
    if (o.activate != nullptr) {
      float* c = o.c + row * columns_;
      o.activate(c, c, count * columns_);
    }
  }
}

void DigitProduct::run(const Operands& o, std::byte* workspace) const {
  run_by(
      o,
      [&](std::int64_t row, std::int64_t count, std::byte* to, float* units) {
        convert(o.a + row * inner_, count, to, units);
      },
      workspace);
}

void DigitProduct::run(const Operands& o, const Transposed& a,
                       std::byte* workspace) const {
  run_by(
      o,
      [&](std::int64_t row, std::int64_t count, std::byte* to, float* units) {
        convert(o.a + row / kPart * a.panel, a, count, to, units);
      },
      workspace);
}

}  // namespace lathe::cpu

#else

namespace lathe::cpu {

DigitProduct::DigitProduct(std::int64_t, std::int64_t) {
  fail("DigitProduct: this build is for processors without AMX");
}

std::int64_t DigitProduct::parts() const {
  return 0;
}

std::int64_t DigitProduct::part_bytes() const {
  return 0;
}

void DigitProduct::arrange(std::int64_t, const float*, std::int64_t,
                           std::int64_t, std::byte*) const {}

void DigitProduct::run(const Operands&, std::byte*) const {}

void DigitProduct::run(const Operands&, const Transposed&, std::byte*) const {}

std::int64_t DigitProduct::workspace_bytes() const {
  return 0;
}

}  // namespace lathe::cpu

#endif
