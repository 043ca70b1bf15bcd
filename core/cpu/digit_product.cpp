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

// `layout`: of a where it is transposed, or null.
LATHE_AMX void DigitProduct::run(const Operands& o, const Transposed* layout,
                                 std::byte* workspace) const {
  TileShapes shapes;
  for (std::size_t tile = 0; tile < 8; ++tile) shapes.set(tile, kTile, kChunk);
  const WithTiles tiles(shapes);
  float* units = reinterpret_cast<float*>(workspace + chunks_ * kRowTiles);
  // Sums are finished while the processor multiplies for the next.
  alignas(64) std::int32_t sums[2][2 * kDigits * kSums];
  for (std::int64_t row = 0; row < o.rows; row += kRows) {
    const std::int64_t count = std::min(kRows, o.rows - row);
    const std::int64_t place =
        layout == nullptr ? row * inner_ : row / kPart * layout->panel;
    convert(o.a + place, layout, count, workspace, units);
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
  run(o, nullptr, workspace);
}

void DigitProduct::run(const Operands& o, const Transposed& a,
                       std::byte* workspace) const {
  run(o, &a, workspace);
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

void DigitProduct::run(const Operands&, std::byte*) const {}

void DigitProduct::run(const Operands&, const Transposed&, std::byte*) const {}

std::int64_t DigitProduct::workspace_bytes() const {
  return 0;
}

}  // namespace lathe::cpu

#endif
