#include "core/cpu/amx_product.h"

#include "core/cpu/amx_tiles.h"
#include "core/cpu/target.h"

#ifdef LATHE_AMX
#include <algorithm>

namespace lathe::cpu {
namespace {

// The largest size of at most a tile's that `extent` is a multiple of.
std::int64_t part_of(std::int64_t extent) {
  std::int64_t count = (extent + kTile - 1) / kTile;
  while (extent % count != 0) ++count;
  return extent / count;
}

// Tiles 0 to 2 are sums, 3 is a, 4 to 6 are b.
constexpr int kTilesAcross = 3;

TileShapes shapes_of(std::int64_t rows, std::int64_t pairs) {
  TileShapes result;
  for (std::size_t i = 0; i < kTilesAcross; ++i) result.set(i, rows, 64);
  result.set(3, rows, pairs * 4);
  for (std::size_t i = 4; i < 4 + kTilesAcross; ++i) result.set(i, pairs, 64);
  return result;
}

// kCount tiles of neighbouring columns, for all rows.
template <int kCount>
LATHE_AMX void multiply(const AmxProduct& p, std::int64_t column,
                        std::int64_t rows, std::int64_t pairs) {
  const auto a_step = static_cast<std::size_t>(p.a_row) * sizeof(BFloat16);
  const auto b_step =
      static_cast<std::size_t>(p.columns) * 2 * sizeof(BFloat16);
  alignas(64) float sums[kCount][kTile * kTile];
  __m512 start[kCount];
  for (int i = 0; i < kCount; ++i) {
    start[i] = p.start == nullptr
                   ? _mm512_setzero_ps()
                   : _mm512_loadu_ps(p.start + column + i * kTile);
  }
  for (std::int64_t first = 0; first < p.rows; first += rows) {
    // The last rows are computed again where they are no whole part.
    const std::int64_t row = std::min(first, p.rows - rows);
    _tile_zero(0);
    if constexpr (kCount > 1) _tile_zero(1);
    if constexpr (kCount > 2) _tile_zero(2);
    for (std::int64_t pair = 0; pair < p.inner; pair += pairs) {
      _tile_loadd(3, p.a + row * p.a_row + pair * 2, a_step);
      const BFloat16* b = p.b + (pair * p.columns + column) * 2;
      _tile_loadd(4, b, b_step);
      _tile_dpbf16ps(0, 3, 4);
      if constexpr (kCount > 1) {
        _tile_loadd(5, b + 2 * kTile, b_step);
        _tile_dpbf16ps(1, 3, 5);
      }
      if constexpr (kCount > 2) {
        _tile_loadd(6, b + 4 * kTile, b_step);
        _tile_dpbf16ps(2, 3, 6);
      }
    }
    _tile_stored(0, sums[0], 64);
    if constexpr (kCount > 1) _tile_stored(1, sums[1], 64);
    if constexpr (kCount > 2) _tile_stored(2, sums[2], 64);
    for (std::int64_t r = 0; r < rows; ++r) {
      BFloat16* to = p.c + (row + r) * p.columns + column;
      for (int i = 0; i < kCount; ++i) {
        const __m512 sum = _mm512_load_ps(sums[i] + r * kTile);
        const __m256bh rounded =
            _mm512_cvtneps_pbh(_mm512_add_ps(sum, start[i]));
        __builtin_memcpy(to + i * kTile, &rounded, sizeof(rounded));
      }
    }
  }
}

LATHE_AMX void multiply_all(const AmxProduct& p) {
  // Whole parts, unless they would be small.
  const std::int64_t part = part_of(p.rows);
  const std::int64_t rows = part >= kTile / 2 ? part : std::min(p.rows, kTile);
  const std::int64_t pairs = part_of(p.inner);
  const WithTiles tiles(shapes_of(rows, pairs));
  std::int64_t column = 0;
  for (; column + kTilesAcross * kTile <= p.columns;
       column += kTilesAcross * kTile) {
    multiply<kTilesAcross>(p, column, rows, pairs);
  }
  for (; column < p.columns; column += kTile) {
    multiply<1>(p, std::min(column, p.columns - kTile), rows, pairs);
  }
}

}  // namespace

bool has_amx_product(std::int64_t columns, std::int64_t inner) {
  return columns >= kTile && inner > 0 && part_of(inner) >= 4 && has_tiles();
}

void amx_product(const AmxProduct& product) {
  if (product.rows > 0) multiply_all(product);
}

}  // namespace lathe::cpu

#else

#include "core/error.h"

namespace lathe::cpu {

bool has_amx_product(std::int64_t, std::int64_t) {
  return false;
}

void amx_product(const AmxProduct&) {
  fail("amx_product: this build is for processors without AMX");
}

}  // namespace lathe::cpu

#endif
