#include "core/cpu/digit_product.h"

#include <algorithm>

#include "core/cpu/amx_tiles.h"
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

constexpr std::int64_t kChunk = 64;
constexpr std::int64_t kTileBytes = 1024;
constexpr std::int64_t kDigits = 3;
// Of 16 rows or columns and a chunk: tiles of their high, middle and low
// digits.
constexpr std::int64_t kDigitTiles = kDigits * kTileBytes;
// Of kRows rows and a chunk.
constexpr std::int64_t kRowTiles = 2 * kDigitTiles;
constexpr std::int64_t kSums = kTile * kTile;

// What the largest value of a row becomes: 127 is the largest digit.
constexpr float kLargest = 127 * 65536;
// For rows of zeros, or next to nothing.
constexpr float kGreatestFactor = 1e37F;
constexpr unsigned kInfinityBits = 0x7F800000;

std::int64_t parts_of(std::int64_t extent, std::int64_t part) {
  return (extent + part - 1) / part;
}

// The first `count` of 16, which may be none or more.
__mmask16 first(std::int64_t count) {
  const std::int64_t bits = std::clamp<std::int64_t>(count, 0, kTile);
  return static_cast<__mmask16>((1U << static_cast<unsigned>(bits)) - 1);
}

// GCC 12 warns of what intrinsics without a mask leave undefined.
constexpr __mmask16 kAll = 0xFFFF;

// Bits of absolute values are ordered as these are, and what is no number is
// above all.
LATHE_AMX __m512i magnitude_bits(__m512 values) {
  return _mm512_and_epi32(_mm512_castps_si512(values),
                          _mm512_set1_epi32(0x7FFFFFFF));
}

LATHE_AMX __m512i greater(__m512i a, __m512i b) {
  return _mm512_maskz_max_epu32(kAll, a, b);
}

LATHE_AMX unsigned greatest_of(__m512i bits) {
  constexpr __mmask8 kEight = 0xFF;
  bits = greater(bits, _mm512_maskz_shuffle_i64x2(kEight, bits, bits, 0x4E));
  bits = greater(bits, _mm512_maskz_shuffle_i64x2(kEight, bits, bits, 0xB1));
  bits = greater(bits, _mm512_maskz_shuffle_epi32(kAll, bits, _MM_PERM_BADC));
  bits = greater(bits, _mm512_maskz_shuffle_epi32(kAll, bits, _MM_PERM_CDAB));
  return static_cast<unsigned>(_mm512_cvtsi512_si32(bits));
}

// What values are multiplied with to become integers, and what one of these
// stands for, by their greatest magnitudes.
struct Scales {
  __m512 factors;
  __m512 units;
};

LATHE_AMX Scales scales_of(__m512i greatest) {
  const __m512 values = _mm512_castsi512_ps(greatest);
  const __mmask16 finite = _mm512_cmplt_epu32_mask(
      greatest, _mm512_set1_epi32(static_cast<int>(kInfinityBits)));
  const __m512 factors =
      _mm512_maskz_min_ps(kAll, _mm512_div_ps(_mm512_set1_ps(kLargest), values),
                          _mm512_set1_ps(kGreatestFactor));
  return {.factors = factors,
          .units = _mm512_mask_div_ps(_mm512_set1_ps(NAN), finite,
                                      _mm512_set1_ps(1.0F), factors)};
}

template <int kBits>
LATHE_AMX __m512i up(__m512i values) {
  return _mm512_maskz_slli_epi32(kAll, values, kBits);
}

template <int kBits>
LATHE_AMX __m512i down(__m512i values) {
  return _mm512_maskz_srli_epi32(kAll, values, kBits);
}

// b where the mask has ones, a elsewhere.
LATHE_AMX __m512i blend(__m512i a, __m512i b, unsigned mask) {
  constexpr int kSecondWhereFirst = 0xAC;
  return _mm512_ternarylogic_epi32(_mm512_set1_epi32(static_cast<int>(mask)), a,
                                   b, kSecondWhereFirst);
}

// The digits of four times 16 values times their factors. The four of each
// place lie in 32 bits: a tile's products do not care which of a chunk's values
// is where, as long as it is there in both factors.
LATHE_AMX void write_digits(const __m512 (&values)[4], __m512 factors,
                            std::byte* to) {
  // With 128 added to each digit none of them is negative.
  const __m512 shift = _mm512_set1_ps(0x808080);
  __m512i v[4];
  for (int i = 0; i < 4; ++i) {
    v[i] = _mm512_maskz_cvtps_epi32(kAll,
                                    _mm512_fmadd_ps(values[i], factors, shift));
  }
  constexpr unsigned kOddBytes = 0xFF00FF00;
  constexpr unsigned kUpperHalf = 0xFFFF0000;
  const __m512i even = blend(v[0], up<8>(v[1]), kOddBytes);
  const __m512i odd = blend(down<8>(v[0]), v[1], kOddBytes);
  const __m512i next_even = blend(v[2], up<8>(v[3]), kOddBytes);
  const __m512i next_odd = blend(down<8>(v[2]), v[3], kOddBytes);
  const __m512i digits[kDigits] = {blend(down<16>(even), next_even, kUpperHalf),
                                   blend(odd, up<16>(next_odd), kUpperHalf),
                                   blend(even, up<16>(next_even), kUpperHalf)};
  const __m512i unshift = _mm512_set1_epi32(static_cast<int>(0x80808080));
  for (int i = 0; i < kDigits; ++i) {
    _mm512_store_si512(to + i * kTileBytes,
                       _mm512_xor_epi32(digits[i], unshift));
  }
}

// 16 values from every `step` elements, of which those in the mask are there.
LATHE_AMX __m512 gather(const float* from, std::int64_t step, __mmask16 there) {
  const __m512i places = _mm512_mullo_epi32(
      _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
      _mm512_set1_epi32(static_cast<int>(step)));
  return _mm512_mask_i32gather_ps(_mm512_setzero_ps(), there, places, from,
                                  sizeof(float));
}

// The bits of the greatest magnitude of a row.
LATHE_AMX unsigned greatest_of(const float* row, std::int64_t count) {
  __m512i result[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
  std::int64_t k = 0;
  for (; k + 2 * kTile <= count; k += 2 * kTile) {
    for (int i = 0; i < 2; ++i) {
      result[i] = greater(result[i],
                          magnitude_bits(_mm512_loadu_ps(row + k + i * kTile)));
    }
  }
  for (; k < count; k += kTile) {
    result[0] = greater(result[0], magnitude_bits(_mm512_maskz_loadu_ps(
                                       first(count - k), row + k)));
  }
  return greatest_of(greater(result[0], result[1]));
}

}  // namespace

DigitProduct::DigitProduct(std::int64_t inner, std::int64_t columns)
    : inner_(inner), columns_(columns), chunks_(parts_of(inner, kChunk)) {}

std::int64_t DigitProduct::parts() const {
  return parts_of(columns_, kTile);
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
                                     bool transposed, std::byte* to) const {
  const std::int64_t column = part * kTile;
  const __mmask16 there = first(columns_ - column);
  const auto row = [&](std::int64_t k) LATHE_AMX {
    if (k >= inner_) return _mm512_setzero_ps();
    return transposed ? gather(b + column * inner_ + k, inner_, there)
                      : _mm512_maskz_loadu_ps(there, b + k * columns_ + column);
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

LATHE_AMX void DigitProduct::run(const Operands& o,
                                 std::byte* workspace) const {
  TileShapes shapes;
  for (std::size_t tile = 0; tile < 8; ++tile) shapes.set(tile, kTile, kChunk);
  const WithTiles tiles(shapes);
  float* units = reinterpret_cast<float*>(workspace + chunks_ * kRowTiles);
  // Sums are finished while the processor multiplies for the next.
  alignas(64) std::int32_t sums[2][2 * kDigits * kSums];
  for (std::int64_t row = 0; row < o.rows; row += kRows) {
    convert(o.a + row * inner_, std::min(kRows, o.rows - row), workspace,
            units);
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
      o.activate(c, c, std::min(kRows, o.rows - row) * columns_);
    }
  }
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

void DigitProduct::arrange(std::int64_t, const float*, bool, std::byte*) const {
}

void DigitProduct::run(const Operands&, std::byte*) const {}

std::int64_t DigitProduct::workspace_bytes() const {
  return 0;
}

}  // namespace lathe::cpu

#endif
