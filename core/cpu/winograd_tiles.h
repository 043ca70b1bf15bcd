// Tiles of results and of what they are made from, and their products: see
// winograd.h. Compiled once a target, as functions.h is: the guard is a toggle.
#if defined(LATHE_CORE_CPU_WINOGRAD_TILES_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LATHE_CORE_CPU_WINOGRAD_TILES_H_
#undef LATHE_CORE_CPU_WINOGRAD_TILES_H_
#else
#define LATHE_CORE_CPU_WINOGRAD_TILES_H_
#endif

#include <array>
#include <optional>
#include <vector>

#include "core/cpu/digit_product.h"
#include "core/cpu/factors.h"
#include "core/cpu/target.h"
#include "core/cpu/winograd.h"
#include "core/cpu/winograd_points.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {

inline constexpr std::int64_t kPanel = 16;  // channels that lie together

/// Every second pixel of every second line of images, or all.
struct Lattice {
  std::int64_t offset;  // of its first pixel, in elements
  std::int64_t pixel;   // elements to the next, on a line
  std::int64_t line;
  std::int64_t image;
  graph::Size2D size;

  Lattice(graph::Size2D whole, std::int64_t channels, std::int64_t step,
          std::int64_t phase)
      : offset((phase / 2 * whole.width + phase % 2) * channels),
        pixel(step * channels),
        line(step * whole.width * channels),
        image(whole.height * whole.width * channels),
        size{.height = whole.height / step, .width = whole.width / step} {}
};

inline std::vector<Lattice> lattices_of(graph::Size2D whole,
                                        std::int64_t channels,
                                        std::int64_t step) {
  std::vector<Lattice> all_phases;
  for (std::int64_t phase = 0; phase < step * step; ++phase) {
    all_phases.emplace_back(whole, channels, step, phase);
  }
  return all_phases;
}

/// The taps of the window, by row or by column, that act on a phase as a window
/// of three; none: zero.
struct Taps {
  static constexpr std::int64_t kNone = -1;
  std::array<std::int64_t, 3> at;

  /// Of so many points the one whose products are zero, or none.
  std::int64_t silent_point(std::int64_t points) const {
    if (at[0] == kNone) return 0;
    return at[2] == kNone ? points - 1 : kNone;
  }
  Taps reversed() const { return {{at[2], at[1], at[0]}}; }
};

/// A convolution as windows of three over the phases of its image.
struct Phases {
  std::int64_t step;  // 1, or 2 with four phases
  graph::Padding2D padding;

  explicit Phases(const ConvolutionShape& shape)
      : step(shape.window.strides.height), padding(shape.window.padding) {}

  std::int64_t count() const { return step * step; }
  Taps taps(std::int64_t phase) const {
    if (step == 1) return {{0, 1, 2}};
    return phase == 0 ? Taps{{Taps::kNone, 1, 3}} : Taps{{0, 2, Taps::kNone}};
  }
  Taps rows(std::int64_t phase) const { return taps(phase / 2); }
  Taps columns(std::int64_t phase) const { return taps(phase % 2); }
};

/// Of so many points a side.
inline bool is_silent(const Taps& rows, const Taps& columns,
                      std::int64_t points, std::int64_t plane) {
  return plane / points == rows.silent_point(points) ||
         plane % points == columns.silent_point(points);
}

/// The tiles of a batch of results.
struct Grid {
  std::int64_t side;   // of a tile
  graph::Size2D size;  // of the results
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t count;

  Grid(std::int64_t tile_side, graph::Size2D results, std::int64_t batch)
      : side(tile_side),
        size(results),
        rows((results.height + side - 1) / side),
        columns((results.width + side - 1) / side),
        count(batch * rows * columns) {}

  std::int64_t image(std::int64_t tile) const {
    return tile / (rows * columns);
  }
  std::int64_t top(std::int64_t tile) const {
    return tile / columns % rows * side;
  }
  std::int64_t left(std::int64_t tile) const { return tile % columns * side; }
};

/// Where the kSide x kSide pixels from (top, left) on lie; outside: `zeros`.
template <std::int64_t kSide, class T>
struct Places {
  const T* at[kSide][kSide];

  Places() = default;
  /// Nowhere.
  explicit Places(const T* zeros) {
    for (auto& line : at) std::fill_n(line, kSide, zeros);
  }
  Places(const Lattice& lattice, const T* images, std::int64_t image,
         std::int64_t top, std::int64_t left, const T* zeros) {
    const T* start = images + lattice.offset + image * lattice.image;
    for (std::int64_t i = 0; i < kSide; ++i) {
      const std::int64_t y = top + i;
      const bool in = y >= 0 && y < lattice.size.height;
      for (std::int64_t j = 0; j < kSide; ++j) {
        const std::int64_t x = left + j;
        at[i][j] = in && x >= 0 && x < lattice.size.width
                       ? start + y * lattice.line + x * lattice.pixel
                       : zeros;
      }
    }
  }
};

/// Where transformed tiles lie: by plane, by channels, by tile.
struct Transformed {
  std::int64_t plane;
  std::int64_t panel;  // elements to the next kPanel channels
  std::int64_t tile;
  std::int64_t channel = 1;

  std::int64_t at(std::int64_t t, std::int64_t c) const {
    return t * tile + c / kPanel * panel + c % kPanel * channel;
  }
};

/// Applies `line` to the columns and then to the rows of what load(i, j) gives,
/// and hands each result to store(i, j, value).
template <std::int64_t kFrom, std::int64_t kTo, class Line, class Load,
          class Store>
HWY_INLINE void on_both_sides(Line line, Load load, Store store) {
  Vector half[kTo][kFrom];
  for (std::int64_t j = 0; j < kFrom; ++j) {
    Vector column[kFrom];
    Vector to[kTo];
    for (std::int64_t i = 0; i < kFrom; ++i) column[i] = load(i, j);
    line(column, to);
    for (std::int64_t i = 0; i < kTo; ++i) half[i][j] = to[i];
  }
  for (std::int64_t i = 0; i < kTo; ++i) {
    Vector to[kTo];
    line(half[i], to);
    for (std::int64_t j = 0; j < kTo; ++j) store(i, j, to[j]);
  }
}

/// A tile of `channels` channels, brought to kPoints points by `line`.
template <std::int64_t kPoints, std::int64_t kSide, class Line, class T,
          class Product>
HWY_INLINE void transform_tile(Line line, const Places<kSide, T>& places,
                               std::int64_t channels, const Transformed& layout,
                               std::int64_t tile, Product* to) {
  for (std::int64_t c = 0; c < channels; c += kLanes) {
    Product* v = to + layout.at(tile, c);
    on_both_sides<kSide, kPoints>(
        line,
        [&](std::int64_t i, std::int64_t j)
            HWY_ATTR { return Whole().load(places.at[i][j] + c); },
        [&](std::int64_t i, std::int64_t j, Vector value) HWY_ATTR {
          Whole().store(value, v + (i * kPoints + j) * layout.plane);
        });
  }
}

/// Rows of a product: sums over k of a[row][k] times b[k], which comes in
/// panels. `row`, `depth`: elements of a to the next row and the next k. Those
/// that Factors<T> multiplies together count as one k, and lie together in a
/// and b.
template <class T>
struct RowsOfProduct {
  const T* a;
  std::int64_t row;
  std::int64_t depth;
  const T* b;
  std::int64_t panel;  // elements of b to the next panel
  std::int64_t count;  // of k
  float* to;
  std::int64_t to_row;
  bool add;  // to what is there
};

inline constexpr std::int64_t kVectors = kPanel / kLanes;
/// So many panels are summed at once. Pairs are repeated in a register, for a
/// multiplication by it doesn't repeat them itself as it does floats, and there
/// they serve two panels of one vector.
template <class T>
inline constexpr std::int64_t kMostPanels =
    Factors<T>::kTogether == 2 && kVectors == 1 ? 2 : 1;
/// So many rows fill the registers.
inline constexpr std::int64_t kMostRows =
    std::max<std::int64_t>(12 / kVectors, 1);

template <std::int64_t kRows, std::int64_t kPanels, class T>
HWY_INLINE void multiply_rows(const RowsOfProduct<T>& p) {
  constexpr std::int64_t kColumns = kPanels * kVectors;
  const auto factors = Factors<T>::whole();
  Vector sums[kRows][kColumns];
  for (auto& row : sums) {
    for (Vector& sum : row) sum = all(0);
  }
  const T* a = p.a;
  const T* b = p.b;
  for (std::int64_t k = 0; k < p.count; ++k) {
    decltype(factors.load(b)) right[kColumns];
    HWY_UNROLL(4)
    for (std::int64_t v = 0; v < kColumns; ++v) {
      right[v] = factors.load(b + v / kVectors * p.panel +
                              v % kVectors * Factors<T>::kCount);
    }
    HWY_UNROLL(12)
    for (std::int64_t i = 0; i < kRows; ++i) {
      const auto left = Factors<T>::repeat(a + i * p.row);
      HWY_UNROLL(4)
      for (std::int64_t v = 0; v < kColumns; ++v) {
        sums[i][v] = plus_product(left, right[v], sums[i][v]);
      }
    }
    a += p.depth;
    b += kPanel * Factors<T>::kTogether;
  }
  for (std::int64_t i = 0; i < kRows; ++i) {
    for (std::int64_t v = 0; v < kColumns; ++v) {
      float* to = p.to + i * p.to_row + v * kLanes;
      const Vector sum =
          p.add ? hn::Add(hn::LoadU(Floats(), to), sums[i][v]) : sums[i][v];
      hn::StoreU(sum, Floats(), to);
    }
  }
}

template <std::int64_t kRows, std::int64_t kPanels, class T>
void multiply_at_most(const RowsOfProduct<T>& p, std::int64_t rows) {
  if (rows == kRows) {
    multiply_rows<kRows, kPanels>(p);
  } else if constexpr (kRows > 1) {
    multiply_at_most<kRows - 1, kPanels>(p, rows);
  }
}

/// All `rows` of kPanels panels, a few at a time and about as many each time.
template <std::int64_t kPanels, class T>
void multiply_panels(RowsOfProduct<T> p, std::int64_t rows) {
  while (rows > 0) {
    const std::int64_t times = (rows + kMostRows - 1) / kMostRows;
    const std::int64_t some = (rows + times - 1) / times;
    multiply_at_most<kMostRows, kPanels>(p, some);
    p.a += some * p.row;
    p.to += some * p.to_row;
    rows -= some;
  }
}

/// All `rows` of `panels` panels.
template <class T>
void multiply(RowsOfProduct<T> p, std::int64_t rows, std::int64_t panels) {
  constexpr std::int64_t kMost = kMostPanels<T>;
  for (; panels >= kMost; panels -= kMost) {
    multiply_panels<kMost>(p, rows);
    p.b += kMost * p.panel;
    p.to += kMost * kPanel;
  }
  if (panels > 0) multiply_panels<1>(p, rows);
}

/// Products of floats by digits (digit_product.h), where that is faster: to
/// convert tiles costs as much for few filters as for many.
template <class Product>
std::optional<DigitProduct> digits_for(std::int64_t depth, std::int64_t width) {
  static_assert(DigitProduct::kPart == kPanel);
  if (!std::is_same_v<Product, float>) return {};
  if (depth < 64 || width < 64 || !has_tiles()) return {};
  return DigitProduct(depth, width);
}

/// Room for a plane of `count` elements, which lies apart from the next by what
/// keeps them from sharing the same few places of a cache.
constexpr std::int64_t plane_of(std::int64_t count) {
  return count + kPanel;
}

/// f(a kind of tiles, an element): LargeTiles or SmallTiles for float or
/// BFloat16, as the convolution's values are stored.
template <class F>
Kernel with_tiles(const ConvolutionShape& shape, WinogradTiles tiles, F&& f) {
  return with_element(kWinograd, {{}, shape.dtype}, [&](auto element) {
    if constexpr (std::is_same_v<decltype(element), BFloat16>) {
      if (tiles == WinogradTiles::small) return f(SmallTiles(), element);
    }
    return f(LargeTiles(), element);
  });
}

}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
