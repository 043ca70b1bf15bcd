// Products of matrices that lie in a core's cache, by the calling thread.
// Compiled once a target, as core/cpu/simd.h is.
#if defined(LATHE_CORE_CPU_TILE_PRODUCT_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LATHE_CORE_CPU_TILE_PRODUCT_H_
#undef LATHE_CORE_CPU_TILE_PRODUCT_H_
#else
#define LATHE_CORE_CPU_TILE_PRODUCT_H_
#endif

#include <limits>
#include <type_traits>

#include "core/cpu/amx_product.h"
#include "core/cpu/factors.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {

/// Memory that is read next: asked for bit by bit while a product is computed,
/// so that it is in the second cache by then.
class Ahead {
 public:
  Ahead() = default;
  /// `count` elements from each.
  template <class T>
  Ahead(const T* first, const T* second, std::int64_t count)
      : first_(reinterpret_cast<const char*>(first)),
        second_(reinterpret_cast<const char*>(second)),
        left_(count * static_cast<std::int64_t>(sizeof(T))) {}

  HWY_INLINE void ask(std::int64_t lines = kLines) {
    constexpr std::int64_t kLine = 64;
    constexpr int kSecondCache = 2;
    for (std::int64_t line = 0; line < lines && left_ > 0; ++line) {
      __builtin_prefetch(first_, 0, kSecondCache);
      __builtin_prefetch(second_, 0, kSecondCache);
      first_ += kLine;
      second_ += kLine;
      left_ -= kLine;
    }
  }

 private:
  // What comes during kAskEvery steps.
  static constexpr std::int64_t kLines = 5;
  const char* first_ = nullptr;
  const char* second_ = nullptr;
  std::int64_t left_ = 0;  // bytes
};

/// c += a b, or where `start` is given c = start + a b, start being a row for
/// all: c (rows, columns), element (r, k) of a at a[r a_row + k a_inner], so
/// that a may be a transposed one, and b (inner, columns) in rows of `columns`
/// elements. Those that Factors<T> multiplies together count as one of `inner`,
/// and lie together in a and b. The sums are rounded to Result.
template <class T = float, class Result = T>
struct TileProduct {
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t inner;
  const T* a;
  std::int64_t a_row;
  std::int64_t a_inner;
  const T* b;
  Result* c;
  Ahead* ahead;
  const float* start = nullptr;
};

inline constexpr std::int64_t kAskEvery = 32;

/// kRows rows of kVectors vectors of c, in registers meanwhile. `lanes` and
/// `factors` are of the same columns of c and b.
template <std::int64_t kRows, std::int64_t kVectors, class Lanes,
          class FactorLanes, class T, class Result>
HWY_INLINE void add_tile(Lanes lanes, FactorLanes factors,
                         const TileProduct<T, Result>& p, std::int64_t row,
                         std::int64_t column) {
  constexpr auto kPlaces = static_cast<std::size_t>(kRows * kVectors);
  constexpr std::int64_t kTogether = Factors<T>::kTogether;
  Vector sums[kPlaces];
  for (Vector& sum : sums) sum = all(0);
  const T* a = p.a + row * p.a_row;
  const T* b = p.b + column * kTogether;
  for (std::int64_t step = 0; step < p.inner; step += kAskEvery) {
    p.ahead->ask();
    const std::int64_t end = std::min(step + kAskEvery, p.inner);
    for (std::int64_t k = step; k < end; ++k) {
      decltype(factors.load(b)) values[kVectors];
      HWY_UNROLL(4)
      for (std::int64_t v = 0; v < kVectors; ++v) {
        values[v] = factors.load(b + v * Factors<T>::kCount);
      }
      HWY_UNROLL(8)
      for (std::int64_t r = 0; r < kRows; ++r) {
        const auto factor = Factors<T>::repeat(a + r * p.a_row);
        HWY_UNROLL(4)
        for (std::int64_t v = 0; v < kVectors; ++v) {
          Vector& sum = sums[r * kVectors + v];
          sum = plus_product(factor, values[v], sum);
        }
      }
      a += p.a_inner;
      b += p.columns * kTogether;
    }
  }
  Result* c = p.c + row * p.columns + column;
  HWY_UNROLL(8)
  for (std::int64_t r = 0; r < kRows; ++r) {
    HWY_UNROLL(4)
    for (std::int64_t v = 0; v < kVectors; ++v) {
      Result* to = c + r * p.columns + v * kLanes;
      const Vector from = p.start == nullptr
                              ? lanes.load(to)
                              : lanes.load(p.start + column + v * kLanes);
      lanes.store(hn::Add(from, sums[r * kVectors + v]), to);
    }
  }
}

/// kVectors vectors of every row.
template <std::int64_t kVectors, class Lanes, class FactorLanes, class T,
          class Result>
HWY_INLINE void add_columns(Lanes lanes, FactorLanes factors,
                            const TileProduct<T, Result>& p,
                            std::int64_t column) {
  // As many sums as hide the latency of a multiplication.
  constexpr std::int64_t kRows = kVectors == 1 ? 8 : 4;
  std::int64_t row = 0;
  for (; row + kRows <= p.rows; row += kRows) {
    add_tile<kRows, kVectors>(lanes, factors, p, row, column);
  }
  for (; row < p.rows; ++row) {
    add_tile<1, kVectors>(lanes, factors, p, row, column);
  }
}

template <class T = float, class Result = T>
void add_product(const TileProduct<T, Result>& p) {
  // Its tiles take pairs, which not every target's vectors do.
  if constexpr (std::is_same_v<T, BFloat16> && std::is_same_v<Result, T> &&
                Factors<T>::kTogether == 2) {
    if (p.start != nullptr && p.a_inner == Factors<T>::kTogether &&
        has_amx_product(p.columns, p.inner)) {
      p.ahead->ask(std::numeric_limits<std::int64_t>::max());
      amx_product({.rows = p.rows,
                   .columns = p.columns,
                   .inner = p.inner,
                   .a = p.a,
                   .a_row = p.a_row,
                   .b = p.b,
                   .start = p.start,
                   .c = p.c});
      return;
    }
  }
  const auto whole = Factors<T>::whole();
  std::int64_t column = 0;
  while (column + kLanes <= p.columns) {
    const std::int64_t left = (p.columns - column) / kLanes;
    if (left == 3 || left > 4) {
      add_columns<3>(Whole(), whole, p, column);
      column += 3 * kLanes;
    } else if (left > 1) {
      add_columns<2>(Whole(), whole, p, column);
      column += 2 * kLanes;
    } else {
      add_columns<1>(Whole(), whole, p, column);
      column += kLanes;
    }
  }
  const std::int64_t left = p.columns - column;
  if (left > 0) {
    add_columns<1>(Part{left}, Factors<T>::part(left * Factors<T>::kTogether),
                   p, column);
  }
}

}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
