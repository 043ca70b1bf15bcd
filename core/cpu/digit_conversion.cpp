// What DigitProduct multiplies as integers of three digits, as tiles take it.
#include <algorithm>

#include "core/cpu/digit_product.h"
#include "core/cpu/digits.h"

namespace lathe::cpu {

#ifdef LATHE_AMX

namespace {

// 16 rows of a or columns of b in digits: tiles, and what a unit of each is.
struct Converted {
  std::byte* tiles;
  std::int64_t step;  // bytes from a chunk's tiles to the next one's
  float* units;
};

// A chunk's three tiles on their way to where they belong. Tiles of a hold its
// rows in lines, those of b four of each column beside each other, so what is
// read the other way is turned.
class Chunk {
 public:
  Chunk(std::byte* to, bool turned) : to_(to), turned_(turned) {}

  std::byte* line(std::int64_t i) {
    return (turned_ ? lines_ : to_) + i * DigitProduct::kChunk;
  }
  LATHE_AMX void finish() {
    if (!turned_) return;
    for (std::int64_t digit = 0; digit < kDigits; ++digit) {
      transpose(lines_ + digit * kTileBytes, to_ + digit * kTileBytes);
    }
  }

 private:
  alignas(64) std::byte lines_[kDigitTiles];
  std::byte* to_;
  bool turned_;
};

// From `inner` values of each of `lanes` neighbours, values being `step`
// elements apart.
LATHE_AMX void convert_lanes(const float* from, std::int64_t step,
                             std::int64_t lanes, std::int64_t inner,
                             const Converted& to, bool turned) {
  const __mmask16 there = first(lanes);
  const auto at = [&](std::int64_t k) LATHE_AMX {
    return k < inner ? _mm512_maskz_loadu_ps(there, from + k * step)
                     : _mm512_setzero_ps();
  };
  __m512i greatest = _mm512_setzero_si512();
  for (std::int64_t k = 0; k < inner; ++k) {
    greatest = greater(greatest, magnitude_bits(at(k)));
  }
  const Scales scales = scales_of(greatest);
  _mm512_store_ps(to.units, scales.units);
  std::byte* tiles = to.tiles;
  for (std::int64_t k = 0; k < inner; k += DigitProduct::kChunk) {
    Chunk chunk(tiles, turned);
    for (std::int64_t i = 0; i < kTile; ++i) {
      const __m512 values[4] = {at(k + i), at(k + i + kTile),
                                at(k + i + 2 * kTile), at(k + i + 3 * kTile)};
      write_digits(values, scales.factors, chunk.line(i));
    }
    chunk.finish();
    tiles += to.step;
  }
}

// From `count` lines of `inner` values that follow each other, lines being
// `step` elements apart.
LATHE_AMX void convert_lines(const float* from, std::int64_t step,
                             std::int64_t count, std::int64_t inner,
                             const Converted& to, bool turned) {
  alignas(64) unsigned greatest[kTile] = {};
  for (std::int64_t i = 0; i < count; ++i) {
    greatest[i] = greatest_of(from + i * step, inner);
  }
  const Scales scales = scales_of(_mm512_load_si512(greatest));
  _mm512_store_ps(to.units, scales.units);
  alignas(64) float factors[kTile];
  _mm512_store_ps(factors, scales.factors);
  std::byte* tiles = to.tiles;
  for (std::int64_t k = 0; k < inner; k += DigitProduct::kChunk) {
    Chunk chunk(tiles, turned);
    for (std::int64_t i = 0; i < count; ++i) {
      write_row(from + i * step + k, inner - k, _mm512_set1_ps(factors[i]),
                chunk.line(i));
    }
    chunk.finish();
    tiles += to.step;
  }
}

}  // namespace

void DigitProduct::arrange(std::int64_t part, const float* b,
                           std::int64_t row_step, std::int64_t column_step,
                           std::byte* to) const {
  const std::int64_t columns = std::min(columns_ - part * kPart, kPart);
  std::byte* tiles = to + part * part_bytes();
  const Converted converted{
      .tiles = tiles,
      .step = kDigitTiles,
      .units = reinterpret_cast<float*>(tiles + chunks_ * kDigitTiles)};
  if (column_step == 1) {
    convert_lanes(b, row_step, columns, inner_, converted, false);
  } else {
    convert_lines(b, column_step, columns, inner_, converted, true);
  }
}

// By chunks: the tiles of the first 16 rows, and those of the next.
void DigitProduct::convert(const float* a, const Transposed* layout,
                           std::int64_t rows, std::byte* to,
                           float* units) const {
  for (std::int64_t row = 0; row < rows; row += kPart) {
    const std::int64_t count = std::min(rows - row, kPart);
    const Converted converted{.tiles = to + row / kPart * kDigitTiles,
                              .step = kRowTiles,
                              .units = units + row};
    if (layout == nullptr) {
      convert_lines(a + row * inner_, inner_, count, inner_, converted, false);
    } else {
      convert_lanes(a + row / kPart * layout->panel, layout->step, count,
                    inner_, converted, true);
    }
  }
}

#else

void DigitProduct::arrange(std::int64_t, const float*, std::int64_t,
                           std::int64_t, std::byte*) const {}

#endif

}  // namespace lathe::cpu
