#pragma once

// Floats as integers of three digits, for products of a processor's tiles
// (digit_product.h): what AVX-512 does to 16 of them. Only where LATHE_AMX is
// defined.
#include <algorithm>
#include <cmath>
#include <cstddef>

#include "core/cpu/amx_tiles.h"

#ifdef LATHE_AMX

namespace lathe::cpu {

inline constexpr std::int64_t kTileBytes = 1024;
inline constexpr std::int64_t kDigits = 3;
/// Of 16 rows or columns and a chunk: tiles of their high, middle and low
/// digits.
inline constexpr std::int64_t kDigitTiles = kDigits * kTileBytes;
/// Of the rows that a DigitProduct computes together and a chunk.
inline constexpr std::int64_t kRowTiles = 2 * kDigitTiles;
/// What the largest value of a row becomes: 127 is the largest digit.
inline constexpr float kLargest = 127 * 65536;
/// For rows of zeros, or next to nothing.
inline constexpr float kGreatestFactor = 1e37F;
inline constexpr unsigned kInfinityBits = 0x7F800000;

/// The first `count` of 16, which may be none or more.
inline __mmask16 first(std::int64_t count) {
  const std::int64_t bits = std::clamp<std::int64_t>(count, 0, kTile);
  return static_cast<__mmask16>((1U << static_cast<unsigned>(bits)) - 1);
}

// GCC 12 warns of what intrinsics without a mask leave undefined.
inline constexpr __mmask16 kAll = 0xFFFF;

/// Bits of absolute values are ordered as these are, and what is no number is
/// above all.
LATHE_AMX inline __m512i magnitude_bits(__m512 values) {
  return _mm512_and_epi32(_mm512_castps_si512(values),
                          _mm512_set1_epi32(0x7FFFFFFF));
}

LATHE_AMX inline __m512i greater(__m512i a, __m512i b) {
  return _mm512_maskz_max_epu32(kAll, a, b);
}

LATHE_AMX inline unsigned greatest_of(__m512i bits) {
  constexpr __mmask8 kEight = 0xFF;
  bits = greater(bits, _mm512_maskz_shuffle_i64x2(kEight, bits, bits, 0x4E));
  bits = greater(bits, _mm512_maskz_shuffle_i64x2(kEight, bits, bits, 0xB1));
  bits = greater(bits, _mm512_maskz_shuffle_epi32(kAll, bits, _MM_PERM_BADC));
  bits = greater(bits, _mm512_maskz_shuffle_epi32(kAll, bits, _MM_PERM_CDAB));
  return static_cast<unsigned>(_mm512_cvtsi512_si32(bits));
}

/// What values are multiplied with to become integers, and what one of these
/// stands for, by their greatest magnitudes.
struct Scales {
  __m512 factors;
  __m512 units;
};

LATHE_AMX inline Scales scales_of(__m512i greatest) {
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
LATHE_AMX inline __m512i up(__m512i values) {
  return _mm512_maskz_slli_epi32(kAll, values, kBits);
}

template <int kBits>
LATHE_AMX inline __m512i down(__m512i values) {
  return _mm512_maskz_srli_epi32(kAll, values, kBits);
}

/// b where the mask has ones, a elsewhere.
LATHE_AMX inline __m512i blend(__m512i a, __m512i b, unsigned mask) {
  constexpr int kSecondWhereFirst = 0xAC;
  return _mm512_ternarylogic_epi32(_mm512_set1_epi32(static_cast<int>(mask)), a,
                                   b, kSecondWhereFirst);
}

/// The digits of four times 16 values times their factors. The four of each
/// place lie in 32 bits: a tile's products do not care which of a chunk's
/// values is where, as long as it is there in both factors.
LATHE_AMX inline void write_digits(const __m512 (&values)[4], __m512 factors,
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

/// The digits of 64 values that follow each other, of which `left` are there.
LATHE_AMX inline void write_row(const float* from, std::int64_t left,
                                __m512 factor, std::byte* to) {
  __m512 values[4];
  for (int i = 0; i < 4; ++i) {
    values[i] =
        left >= 4 * kTile
            ? _mm512_loadu_ps(from + i * kTile)
            : _mm512_maskz_loadu_ps(first(left - i * kTile), from + i * kTile);
  }
  write_digits(values, factor, to);
}

/// Every second 128 bits of a and then of b.
LATHE_AMX inline __m512i pick(__m512i a, __m512i b, bool odd) {
  constexpr int kEven = 0x88;
  constexpr int kOdd = 0xDD;
  return odd ? _mm512_maskz_shuffle_i32x4(kAll, a, b, kOdd)
             : _mm512_maskz_shuffle_i32x4(kAll, a, b, kEven);
}

/// The transpose of 16 rows of 16 times 32 bits.
LATHE_AMX inline void transpose(const std::byte* from, std::byte* to) {
  constexpr __mmask8 kEight = 0xFF;
  __m512i rows[16];
  __m512i pairs[16];
  for (int i = 0; i < 16; ++i) rows[i] = _mm512_load_si512(from + i * 64);
  for (int i = 0; i < 16; i += 2) {
    pairs[i] = _mm512_maskz_unpacklo_epi32(kAll, rows[i], rows[i + 1]);
    pairs[i + 1] = _mm512_maskz_unpackhi_epi32(kAll, rows[i], rows[i + 1]);
  }
  // Of each 128 bits: four rows of a column.
  for (int i = 0; i < 16; i += 4) {
    const __m512i* p = pairs + i;
    rows[i] = _mm512_maskz_unpacklo_epi64(kEight, p[0], p[2]);
    rows[i + 1] = _mm512_maskz_unpackhi_epi64(kEight, p[0], p[2]);
    rows[i + 2] = _mm512_maskz_unpacklo_epi64(kEight, p[1], p[3]);
    rows[i + 3] = _mm512_maskz_unpackhi_epi64(kEight, p[1], p[3]);
  }
  for (int column = 0; column < 4; ++column) {
    for (const bool odd : {false, true}) {
      const __m512i upper = pick(rows[column], rows[column + 4], odd);
      const __m512i lower = pick(rows[column + 8], rows[column + 12], odd);
      std::byte* line = to + (column + (odd ? 4 : 0)) * 64;
      _mm512_store_si512(line, pick(upper, lower, false));
      _mm512_store_si512(line + 8 * 64, pick(upper, lower, true));
    }
  }
}

/// The bits of the greatest magnitude of a row.
LATHE_AMX inline unsigned greatest_of(const float* row, std::int64_t count) {
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

}  // namespace lathe::cpu

#endif
