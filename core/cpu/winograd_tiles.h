// Tiles of Winograd's F(4x4, 3x3) and their products: see winograd.h. Compiled
// once a target, as functions.h is: the guard is a toggle.
#if defined(LATHE_CORE_CPU_WINOGRAD_TILES_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LATHE_CORE_CPU_WINOGRAD_TILES_H_
#undef LATHE_CORE_CPU_WINOGRAD_TILES_H_
#else
#define LATHE_CORE_CPU_WINOGRAD_TILES_H_
#endif

#include <array>
#include <vector>

#include "core/cpu/functions.h"
#include "core/cpu/winograd.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {

inline constexpr std::int64_t kTile = 4;    // results a side
inline constexpr std::int64_t kPoints = 6;  // products a side
inline constexpr std::int64_t kPlanes = kPoints * kPoints;
inline constexpr std::int64_t kPanel = 16;  // channels that lie together

inline constexpr float kNear = 2.0F / 3;
inline constexpr float kFar = 3.0F / 2;
inline constexpr float kNearSquare = kNear * kNear;
inline constexpr float kFarSquare = kFar * kFar;
inline constexpr float kSquares = kNearSquare + kFarSquare;
// The products of each point's differences from the others; that of zero is 1.
inline constexpr float kNearScale =
    1 / (2 * kNearSquare * (kNearSquare - kFarSquare));
inline constexpr float kFarScale =
    1 / (2 * kFarSquare * (kFarSquare - kNearSquare));

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

  /// The point whose products are zero, or none.
  std::int64_t silent_point() const {
    if (at[0] == kNone) return 0;
    return at[2] == kNone ? kPoints - 1 : kNone;
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

inline bool is_silent(const Taps& rows, const Taps& columns,
                      std::int64_t plane) {
  return plane / kPoints == rows.silent_point() ||
         plane % kPoints == columns.silent_point();
}

/// The tiles of a batch of results.
struct Grid {
  graph::Size2D size;  // of the results
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t count;

  Grid(graph::Size2D results, std::int64_t batch)
      : size(results),
        rows((results.height + kTile - 1) / kTile),
        columns((results.width + kTile - 1) / kTile),
        count(batch * rows * columns) {}

  std::int64_t image(std::int64_t tile) const {
    return tile / (rows * columns);
  }
  std::int64_t top(std::int64_t tile) const {
    return tile / columns % rows * kTile;
  }
  std::int64_t left(std::int64_t tile) const { return tile % columns * kTile; }
};

/// Where the kSide x kSide pixels from (top, left) on lie; outside: `zeros`.
template <std::int64_t kSide, class T>
struct Places {
  const T* at[kSide][kSide];

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
  std::int64_t panel;  // elements to the next kPanel channels of a tile
  std::int64_t tile;

  std::int64_t at(std::int64_t t, std::int64_t c) const {
    return t * tile + c / kPanel * panel + c % kPanel;
  }
};

// A polynomial at 2/3, -2/3, 3/2 and -3/2, from its even and odd powers there.
HWY_INLINE void at_points_and_negatives(Vector near, Vector near_odd,
                                        Vector far, Vector far_odd,
                                        Vector* to) {
  to[1] = hn::Add(near, near_odd);
  to[2] = hn::Sub(near, near_odd);
  to[3] = hn::Add(far, far_odd);
  to[4] = hn::Sub(far, far_odd);
}

// B': six pixels of an image at the points.
HWY_INLINE void image_at_points(const Vector* d, Vector* v) {
  const Vector near = hn::NegMulAdd(d[2], all(kFarSquare), d[4]);
  const Vector near_odd =
      hn::Mul(hn::NegMulAdd(d[1], all(kFarSquare), d[3]), all(kNear));
  const Vector far = hn::NegMulAdd(d[2], all(kNearSquare), d[4]);
  const Vector far_odd =
      hn::Mul(hn::NegMulAdd(d[1], all(kNearSquare), d[3]), all(kFar));
  v[0] = hn::NegMulAdd(d[2], all(kSquares), hn::Add(d[0], d[4]));
  at_points_and_negatives(near, near_odd, far, far_odd, v);
  v[5] = hn::NegMulAdd(d[3], all(kSquares), hn::Add(d[1], d[5]));
}

// G: three weights at the points.
HWY_INLINE void weights_at_points(const Vector* g, Vector* u) {
  const Vector near =
      hn::Mul(hn::MulAdd(g[2], all(kNearSquare), g[0]), all(kNearScale));
  const Vector near_odd = hn::Mul(g[1], all(kNear * kNearScale));
  const Vector far =
      hn::Mul(hn::MulAdd(g[2], all(kFarSquare), g[0]), all(kFarScale));
  const Vector far_odd = hn::Mul(g[1], all(kFar * kFarScale));
  u[0] = g[0];
  at_points_and_negatives(near, near_odd, far, far_odd, u);
  u[5] = g[2];
}

// A': four results from the products.
HWY_INLINE void results_of_points(const Vector* m, Vector* y) {
  const Vector near = hn::Add(m[1], m[2]);
  const Vector near_odd = hn::Mul(hn::Sub(m[1], m[2]), all(kNear));
  const Vector far = hn::Add(m[3], m[4]);
  const Vector far_odd = hn::Mul(hn::Sub(m[3], m[4]), all(kFar));
  y[0] = hn::Add(m[0], hn::Add(near, far));
  y[1] = hn::Add(near_odd, far_odd);
  y[2] = hn::MulAdd(near, all(kNearSquare), hn::Mul(far, all(kFarSquare)));
  y[3] = hn::MulAdd(near_odd, all(kNearSquare),
                    hn::MulAdd(far_odd, all(kFarSquare), m[5]));
}

// A: the gradients of four results at the points.
HWY_INLINE void results_at_points(const Vector* y, Vector* m) {
  const Vector near = hn::MulAdd(y[2], all(kNearSquare), y[0]);
  const Vector near_odd =
      hn::Mul(hn::MulAdd(y[3], all(kNearSquare), y[1]), all(kNear));
  const Vector far = hn::MulAdd(y[2], all(kFarSquare), y[0]);
  const Vector far_odd =
      hn::Mul(hn::MulAdd(y[3], all(kFarSquare), y[1]), all(kFar));
  m[0] = y[0];
  at_points_and_negatives(near, near_odd, far, far_odd, m);
  m[5] = y[3];
}

// G': the gradients of three weights from those at the points.
HWY_INLINE void weights_of_points(const Vector* u, Vector* g) {
  const Vector near = hn::Mul(hn::Add(u[1], u[2]), all(kNearScale));
  const Vector near_odd = hn::Mul(hn::Sub(u[1], u[2]), all(kNear * kNearScale));
  const Vector far = hn::Mul(hn::Add(u[3], u[4]), all(kFarScale));
  const Vector far_odd = hn::Mul(hn::Sub(u[3], u[4]), all(kFar * kFarScale));
  g[0] = hn::Add(u[0], hn::Add(near, far));
  g[1] = hn::Add(near_odd, far_odd);
  g[2] = hn::MulAdd(near, all(kNearSquare),
                    hn::MulAdd(far, all(kFarSquare), u[5]));
}

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

/// A tile of `channels` channels, brought to the points by `line`.
template <std::int64_t kSide, class Line, class T>
HWY_INLINE void transform_tile(Line line, const Places<kSide, T>& places,
                               std::int64_t channels, const Transformed& layout,
                               std::int64_t tile, float* to) {
  for (std::int64_t c = 0; c < channels; c += kLanes) {
    float* v = to + layout.at(tile, c);
    on_both_sides<kSide, kPoints>(
        line,
        [&](std::int64_t i, std::int64_t j)
            HWY_ATTR { return Whole().load(places.at[i][j] + c); },
        [&](std::int64_t i, std::int64_t j, Vector value) HWY_ATTR {
          hn::StoreU(value, Floats(), v + (i * kPoints + j) * layout.plane);
        });
  }
}

/// Rows of a product: sums over k of a[row][k] times b[k], a panel wide.
/// `row`, `depth`: elements of a to the next row and the next k.
struct RowsOfProduct {
  const float* a;
  std::int64_t row;
  std::int64_t depth;
  const float* b;
  std::int64_t count;  // of k
  float* to;
  std::int64_t to_row;
  bool add;  // to what is there
};

inline constexpr std::int64_t kVectors = kPanel / kLanes;
/// So many rows fill the registers with twelve sums.
inline constexpr std::int64_t kMostRows =
    std::max<std::int64_t>(12 / kVectors, 1);

template <std::int64_t kRows>
HWY_INLINE void multiply_rows(const RowsOfProduct& p) {
  Vector sums[kRows][kVectors];
  for (auto& row : sums) {
    for (Vector& sum : row) sum = all(0);
  }
  const float* a = p.a;
  const float* b = p.b;
  for (std::int64_t k = 0; k < p.count; ++k) {
    Vector right[kVectors];
    HWY_UNROLL(4)
    for (std::int64_t v = 0; v < kVectors; ++v) {
      right[v] = hn::LoadU(Floats(), b + v * kLanes);
    }
    HWY_UNROLL(12)
    for (std::int64_t i = 0; i < kRows; ++i) {
      const Vector left = all(a[i * p.row]);
      HWY_UNROLL(4)
      for (std::int64_t v = 0; v < kVectors; ++v) {
        sums[i][v] = hn::MulAdd(left, right[v], sums[i][v]);
      }
    }
    a += p.depth;
    b += kPanel;
  }
  for (std::int64_t i = 0; i < kRows; ++i) {
    for (std::int64_t v = 0; v < kVectors; ++v) {
      float* to = p.to + i * p.to_row + v * kLanes;
      const Vector sum =
          p.add ? hn::Add(hn::LoadU(Floats(), to), sums[i][v]) : sums[i][v];
      hn::StoreU(sum, Floats(), to);
    }
  }
}

template <std::int64_t kRows>
void multiply_at_most(const RowsOfProduct& p, std::int64_t rows) {
  if (rows == kRows) {
    multiply_rows<kRows>(p);
  } else if constexpr (kRows > 1) {
    multiply_at_most<kRows - 1>(p, rows);
  }
}

/// All `rows` of them, a few at a time and about as many each time.
inline void multiply(RowsOfProduct p, std::int64_t rows) {
  while (rows > 0) {
    const std::int64_t times = (rows + kMostRows - 1) / kMostRows;
    const std::int64_t some = (rows + times - 1) / times;
    multiply_at_most<kMostRows>(p, some);
    p.a += some * p.row;
    p.to += some * p.to_row;
    rows -= some;
  }
}

/// Room for kPlanes planes of `count` elements each, apart by what keeps them
/// from sharing the same few places of a cache.
constexpr std::int64_t plane_of(std::int64_t count) {
  return count + kPanel;
}

}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
