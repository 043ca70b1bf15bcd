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
#include "core/cpu/functions.h"

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

  /// For so many lines of both.
  HWY_INLINE void ask(std::int64_t lines) {
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
  const char* first_ = nullptr;
  const char* second_ = nullptr;
  std::int64_t left_ = 0;  // bytes
};

/// c += a b, or where `start` is given c = start + a b, start being a row for
/// all: c (rows, columns), element (r, k) of a at a[r a_row + k a_inner], so
/// that a may be a transposed one, and b (inner, columns) in rows of `columns`
/// elements. Those that Factors<T> multiplies together count as one of `inner`,
/// and lie together in a and b. Where there are `pieces`, `inner` is one's, and
/// each lies a_piece behind that before it in a, and follows it in b. The sums
/// are rounded to Result.
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
  std::int64_t pieces = 1;
  std::int64_t a_piece = 0;
};

/// A row's steps between two requests for what is read next: the row's own in
/// the time that they take, 64 bytes from each place.
inline constexpr std::int64_t kAskEvery = 32;

/// kRows rows of kVectors vectors of c, in registers meanwhile. `last` and
/// `last_factors`: the lanes of the last vector of c and of b.
template <ActivationKind kKind, std::int64_t kRows, std::int64_t kVectors,
          class Lanes, class FactorLanes, class T, class Result>
HWY_INLINE void add_tile(Lanes last, FactorLanes last_factors,
                         const TileProduct<T, Result>& p, std::int64_t row,
                         std::int64_t column) {
  constexpr auto kPlaces = static_cast<std::size_t>(kRows * kVectors);
  constexpr std::int64_t kTogether = Factors<T>::kTogether;
  constexpr std::int64_t kLast = kVectors - 1;
  const auto whole = Factors<T>::whole();
  Vector sums[kPlaces];
  HWY_UNROLL(4)
  for (std::int64_t v = 0; v < kVectors; ++v) {
    Vector first = all(0);
    if (p.start != nullptr) {
      const float* from = p.start + column + v * kLanes;
      first = v < kLast ? Whole().load(from) : last.load(from);
    }
    HWY_UNROLL(8)
    for (std::int64_t r = 0; r < kRows; ++r) sums[r * kVectors + v] = first;
  }
  const T* b = p.b + column * kTogether;
  for (std::int64_t piece = 0; piece < p.pieces; ++piece) {
    const T* a = p.a + piece * p.a_piece + row * p.a_row;
    for (std::int64_t step = 0; step < p.inner; step += kAskEvery) {
      p.ahead->ask(kRows);
      const std::int64_t end = std::min(step + kAskEvery, p.inner);
      for (std::int64_t k = step; k < end; ++k) {
        decltype(whole.load(b)) values[kVectors];
        HWY_UNROLL(4)
        for (std::int64_t v = 0; v < kVectors; ++v) {
          const T* from = b + v * Factors<T>::kCount;
          values[v] = v < kLast ? whole.load(from) : last_factors.load(from);
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
  }
  Result* c = p.c + row * p.columns + column;
  const auto store = [&](auto lanes, Vector sum, Result* to) HWY_ATTR {
    if (p.start == nullptr) sum = hn::Add(lanes.load(to), sum);
    lanes.store(activate<kKind, Result>(sum), to);
  };
  HWY_UNROLL(8)
  for (std::int64_t r = 0; r < kRows; ++r) {
    HWY_UNROLL(4)
    for (std::int64_t v = 0; v < kLast; ++v) {
      store(Whole(), sums[r * kVectors + v], c + v * kLanes);
    }
    store(last, sums[r * kVectors + kLast], c + kLast * kLanes);
    c += p.columns;
  }
}

/// kVectors vectors of every row.
template <ActivationKind kKind, std::int64_t kVectors, class Lanes,
          class FactorLanes, class T, class Result>
HWY_INLINE void add_columns(Lanes last, FactorLanes last_factors,
                            const TileProduct<T, Result>& p,
                            std::int64_t column) {
  // As many sums as hide the latency of a multiplication, and more where there
  // are registers for them.
  constexpr std::int64_t kFew = 4;
  constexpr std::int64_t kMany = 8;
  constexpr bool kHasRoom = kVectors == 1 || kLanes == kMostLanes;
  std::int64_t row = 0;
  if constexpr (kHasRoom) {
    for (; row + kMany <= p.rows; row += kMany) {
      add_tile<kKind, kMany, kVectors>(last, last_factors, p, row, column);
    }
  }
  for (; row + kFew <= p.rows; row += kFew) {
    add_tile<kKind, kFew, kVectors>(last, last_factors, p, row, column);
  }
  for (; row < p.rows; ++row) {
    add_tile<kKind, 1, kVectors>(last, last_factors, p, row, column);
  }
}

/// c = f(start + a b), or without `start` f(c + a b).
template <class T = float, class Result = T,
          ActivationKind kKind = ActivationKind::linear>
void add_product(const TileProduct<T, Result>& p) {
  // Its tiles take pairs, which not every target's vectors do.
  if constexpr (std::is_same_v<T, BFloat16> && std::is_same_v<Result, T> &&
                Factors<T>::kTogether == 2) {
    if (p.start != nullptr && p.a_inner == Factors<T>::kTogether &&
        p.pieces == 1 && has_amx_product(p.columns, p.inner)) {
      p.ahead->ask(std::numeric_limits<std::int64_t>::max());
      amx_product({.rows = p.rows,
                   .columns = p.columns,
                   .inner = p.inner,
                   .a = p.a,
                   .a_row = p.a_row,
                   .b = p.b,
                   .start = p.start,
                   .c = p.c});
      if constexpr (kKind != ActivationKind::linear) {
        for_vectors(0, p.rows * p.columns, [&](auto lanes, auto i) HWY_ATTR {
          lanes.store(activate<kKind, T>(lanes.load(p.c + i)), p.c + i);
        });
      }
      return;
    }
  }
  const auto with_last = [&](std::int64_t lanes, auto&& f) HWY_ATTR {
    if (lanes >= kLanes) return f(Whole(), Factors<T>::whole());
    f(Part{lanes}, Factors<T>::part(lanes * Factors<T>::kTogether));
  };
  std::int64_t vectors = 0;
  for (std::int64_t column = 0; column < p.columns;
       column += vectors * kLanes) {
    const std::int64_t left = (p.columns - column + kLanes - 1) / kLanes;
    vectors = left == 3 || left > 4 ? 3 : std::min<std::int64_t>(left, 2);
    with_last(p.columns - column - (vectors - 1) * kLanes,
              [&](auto last, auto last_factors) HWY_ATTR {
                switch (vectors) {
                  case 3:
                    return add_columns<kKind, 3>(last, last_factors, p, column);
                  case 2:
                    return add_columns<kKind, 2>(last, last_factors, p, column);
                  default:
                    return add_columns<kKind, 1>(last, last_factors, p, column);
                }
              });
  }
}

template <class T>
using Product = void (*)(const TileProduct<T>& product);

/// add_product with that f.
template <class T>
Product<T> product_with(ActivationKind f) {
  return with_activation(
      f, [](auto kind) -> Product<T> { return add_product<T, T, kind()>; });
}

}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
