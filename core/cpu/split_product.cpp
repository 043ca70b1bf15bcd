#include "core/cpu/split_product.h"

#include <algorithm>

#include "core/cpu/amx_tiles.h"
#include "core/cpu/target.h"

#ifdef LATHE_AMX

namespace lathe::cpu {
namespace {

// A tile of a: 16 rows of up to 16 pairs.
constexpr std::int64_t kTileOfA = kTile * 2 * kTile;

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

// 16 values rounded to bfloat16, each in the lower half of 32 bits.
LATHE_AMX __m512i rounded(__m512 values) {
  return _mm512_maskz_cvtepu16_epi32(
      kAll, __builtin_bit_cast(__m256i, _mm512_cvtneps_pbh(values)));
}

LATHE_AMX __m512i to_upper_half(__m512i lower) {
  return _mm512_maskz_slli_epi32(kAll, lower, 16);
}

// What is left of values that were rounded.
LATHE_AMX __m512 left_of(__m512 values) {
  return _mm512_sub_ps(values,
                       _mm512_castsi512_ps(to_upper_half(rounded(values))));
}

// Two rows of 16 values, rounded, as pairs.
LATHE_AMX __m512i pairs_of(__m512 even, __m512 odd) {
  return _mm512_or_epi32(rounded(even), to_upper_half(rounded(odd)));
}

// 16 values from every `step` elements, of which those in the mask are there.
LATHE_AMX __m512 gather(const float* from, std::int64_t step, __mmask16 there) {
  const __m512i places = _mm512_mullo_epi32(
      _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
      _mm512_set1_epi32(static_cast<int>(step)));
  return _mm512_mask_i32gather_ps(_mm512_setzero_ps(), there, places, from,
                                  sizeof(float));
}

TileShapes shapes_of(std::int64_t pairs) {
  TileShapes result;
  for (std::size_t sum = 0; sum < 4; ++sum) result.set(sum, kTile, 64);
  for (std::size_t a = 4; a < 6; ++a) result.set(a, kTile, pairs * 4);
  for (std::size_t b = 6; b < 8; ++b) result.set(b, pairs, 64);
  return result;
}

}  // namespace

bool SplitProduct::serves(std::int64_t rows, std::int64_t inner,
                          std::int64_t columns) {
  return rows >= kTile && inner >= kTile / 2 && columns >= kTile / 2 &&
         has_tiles();
}

SplitProduct::SplitProduct(std::int64_t inner, std::int64_t columns)
    : inner_(inner),
      columns_(columns),
      inner_tiles_(parts_of(inner, 2 * kTile)),
      column_tiles_(parts_of(columns, kTile)),
      pairs_(parts_of(inner, 2 * inner_tiles_)) {}

std::int64_t SplitProduct::workspace_elements() const {
  return inner_tiles_ * 2 * 2 * kTileOfA;
}

LATHE_AMX void SplitProduct::arrange(std::int64_t part, const float* b,
                                     bool transposed, BFloat16* to) const {
  const std::int64_t column = part * kTile;
  const __mmask16 columns = first(columns_ - column);
  BFloat16* high = to + part * part_elements();
  for (std::int64_t tile = 0; tile < inner_tiles_; ++tile) {
    BFloat16* low = high + tile_elements();
    for (std::int64_t pair = 0; pair < pairs_; ++pair) {
      __m512 rows[2];
      for (std::int64_t i = 0; i < 2; ++i) {
        const std::int64_t k = (tile * pairs_ + pair) * 2 + i;
        if (k >= inner_) {
          rows[i] = _mm512_setzero_ps();
        } else if (transposed) {
          rows[i] = gather(b + column * inner_ + k, inner_, columns);
        } else {
          rows[i] = _mm512_maskz_loadu_ps(columns, b + k * columns_ + column);
        }
      }
      _mm512_storeu_si512(high + pair * 32, pairs_of(rows[0], rows[1]));
      _mm512_storeu_si512(low + pair * 32,
                          pairs_of(left_of(rows[0]), left_of(rows[1])));
    }
    high = low + tile_elements();
  }
}

// By tiles along `inner`: the high parts of the first 16 rows, their low parts,
// and those of the next 16.
LATHE_AMX void SplitProduct::split_rows(const float* a, std::int64_t rows,
                                        BFloat16* to) const {
  for (std::int64_t tile = 0; tile < inner_tiles_; ++tile) {
    const std::int64_t k = tile * pairs_ * 2;
    const std::int64_t count = std::min(pairs_ * 2, inner_ - k);
    const __mmask16 first_half = first(count);
    const __mmask16 second_half = first(count - kTile);
    BFloat16* tiles = to + tile * 4 * kTileOfA;
    for (std::int64_t row = 0; row < rows; ++row) {
      const float* from = a + row * inner_ + k;
      const __m512 x = _mm512_maskz_loadu_ps(first_half, from);
      const __m512 y = _mm512_maskz_loadu_ps(second_half, from + kTile);
      BFloat16* high =
          tiles + row / kTile * 2 * kTileOfA + row % kTile * 2 * kTile;
      _mm512_storeu_si512(
          high, __builtin_bit_cast(__m512i, _mm512_cvtne2ps_pbh(y, x)));
      _mm512_storeu_si512(
          high + kTileOfA,
          __builtin_bit_cast(__m512i,
                             _mm512_cvtne2ps_pbh(left_of(y), left_of(x))));
    }
  }
}

// kDown tiles of rows and kAcross of columns: sums 0 and 1 one below the other,
// and 2 and 3 beside them.
template <int kDown, int kAcross>
LATHE_AMX void SplitProduct::multiply(const Operands& o, const BFloat16* a,
                                      std::int64_t row,
                                      std::int64_t column_tile) const {
  const BFloat16* b = o.b + column_tile * part_elements();
  const BFloat16* beside = b + part_elements();
  _tile_zero(0);
  if constexpr (kDown > 1) _tile_zero(1);
  if constexpr (kAcross > 1) _tile_zero(2);
  if constexpr (kDown > 1 && kAcross > 1) _tile_zero(3);
  const std::int64_t low = tile_elements();
  for (std::int64_t tile = 0; tile < inner_tiles_; ++tile) {
    // high low
    _tile_loadd(4, a, 64);
    _tile_loadd(6, b + low, 64);
    _tile_dpbf16ps(0, 4, 6);
    if constexpr (kDown > 1) {
      _tile_loadd(5, a + 2 * kTileOfA, 64);
      _tile_dpbf16ps(1, 5, 6);
    }
    if constexpr (kAcross > 1) {
      _tile_loadd(7, beside + low, 64);
      _tile_dpbf16ps(2, 4, 7);
      if constexpr (kDown > 1) _tile_dpbf16ps(3, 5, 7);
    }
    // high high
    _tile_loadd(6, b, 64);
    _tile_dpbf16ps(0, 4, 6);
    if constexpr (kDown > 1) _tile_dpbf16ps(1, 5, 6);
    if constexpr (kAcross > 1) {
      _tile_loadd(7, beside, 64);
      _tile_dpbf16ps(2, 4, 7);
      if constexpr (kDown > 1) _tile_dpbf16ps(3, 5, 7);
    }
    // low high
    _tile_loadd(4, a + kTileOfA, 64);
    _tile_dpbf16ps(0, 4, 6);
    if constexpr (kAcross > 1) _tile_dpbf16ps(2, 4, 7);
    if constexpr (kDown > 1) {
      _tile_loadd(5, a + 3 * kTileOfA, 64);
      _tile_dpbf16ps(1, 5, 6);
      if constexpr (kAcross > 1) _tile_dpbf16ps(3, 5, 7);
    }
    a += 4 * kTileOfA;
    b += 2 * low;
    beside += 2 * low;
  }
  alignas(64) float sums[kAcross][2 * kTile * kTile];
  _tile_stored(0, sums[0], 64);
  if constexpr (kDown > 1) _tile_stored(1, sums[0] + kTile * kTile, 64);
  if constexpr (kAcross > 1) _tile_stored(2, sums[1], 64);
  if constexpr (kDown > 1 && kAcross > 1) {
    _tile_stored(3, sums[1] + kTile * kTile, 64);
  }
  const std::int64_t rows = std::min(kDown * kTile, o.rows - row);
  for (int i = 0; i < kAcross; ++i) {
    const std::int64_t column = (column_tile + i) * kTile;
    const __mmask16 columns = first(columns_ - column);
    const __m512 start = o.start == nullptr
                             ? _mm512_setzero_ps()
                             : _mm512_maskz_loadu_ps(columns, o.start + column);
    for (std::int64_t r = 0; r < rows; ++r) {
      const std::int64_t place = (row + r) * columns_ + column;
      __m512 sum = _mm512_add_ps(start, _mm512_load_ps(sums[i] + r * kTile));
      if (o.r != nullptr) {
        sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(columns, o.r + place));
      }
      _mm512_mask_storeu_ps(o.c + place, columns, sum);
    }
  }
}

LATHE_AMX void SplitProduct::run(const Operands& o, BFloat16* workspace) const {
  const WithTiles tiles(shapes_of(pairs_));
  for (std::int64_t row = 0; row < o.rows; row += kRows) {
    const std::int64_t rows = std::min(kRows, o.rows - row);
    split_rows(o.a + row * inner_, rows, workspace);
    finish_writes();
    const bool two = rows > kTile;
    std::int64_t tile = 0;
    for (; tile + 1 < column_tiles_; tile += 2) {
      two ? multiply<2, 2>(o, workspace, row, tile)
          : multiply<1, 2>(o, workspace, row, tile);
    }
    if (tile < column_tiles_) {
      two ? multiply<2, 1>(o, workspace, row, tile)
          : multiply<1, 1>(o, workspace, row, tile);
    }
    if (o.activate != nullptr) {
      float* c = o.c + row * columns_;
      o.activate(c, c, rows * columns_);
    }
  }
}

}  // namespace lathe::cpu

#else

#include "core/error.h"

namespace lathe::cpu {

bool SplitProduct::serves(std::int64_t, std::int64_t, std::int64_t) {
  return false;
}

SplitProduct::SplitProduct(std::int64_t, std::int64_t) {
  fail("SplitProduct: this build is for processors without AMX");
}

void SplitProduct::arrange(std::int64_t, const float*, bool, BFloat16*) const {}

void SplitProduct::run(const Operands&, BFloat16*) const {}

std::int64_t SplitProduct::workspace_elements() const {
  return 0;
}

}  // namespace lathe::cpu

#endif
