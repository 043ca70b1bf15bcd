// The sums at the points of which Winograd's algorithm makes a gradient of
// weights. Compiled once a target, as winograd_tiles.h is.
#if defined(LATHE_CORE_CPU_WINOGRAD_WEIGHT_SUMS_H_) == \
    defined(HWY_TARGET_TOGGLE)
#ifdef LATHE_CORE_CPU_WINOGRAD_WEIGHT_SUMS_H_
#undef LATHE_CORE_CPU_WINOGRAD_WEIGHT_SUMS_H_
#else
#define LATHE_CORE_CPU_WINOGRAD_WEIGHT_SUMS_H_
#endif

#include <array>
#include <vector>

#include "core/cpu/winograd_tiles.h"
#include "core/parallel.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {

/// At each point the gradient is a product of matrices: the tiles of the
/// images, transposed, times those of the results' gradients. Some tiles at a
/// time are brought to the points, then multiplied and added. Tiles whose
/// products are summed at once, a group, lie together. Where the sums are few,
/// parts of all groups have their own, and no thread reads what another wrote.
template <class Tiles>
struct WeightSums {
  using Product = typename Tiles::Product;
  static constexpr std::int64_t kTile = Tiles::kTile;
  static constexpr std::int64_t kPoints = Tiles::kPoints;
  static constexpr std::int64_t kPlanes = Tiles::kPlanes;
  static constexpr std::int64_t kTogether = Factors<Product>::kTogether;

  ConvolutionShape shape;
  Phases phases;
  std::vector<Lattice> images;
  Lattice results;
  Grid grid;
  bool by_digits;
  std::int64_t workers;  // that multiply by digits
  std::int64_t parts;
  std::int64_t groups;  // at a time
  Transformed from;     // image tiles, and result tiles below: by panels
  Transformed to;

  WeightSums(const ConvolutionShape& convolution, bool digits)
      : shape(convolution),
        phases(shape),
        images(lattices_of(shape.image, shape.channels, phases.step)),
        results(shape.result, shape.filters, 1, 0),
        grid(kTile, shape.result, shape.batch),
        by_digits(digits && digits_for<Product>(shape.channels, shape.filters)),
        workers(workers_for(kPlanes * phases.count())),
        parts(part_count()),
        groups(groups_at_a_time()),
        from(layout_of(shape.channels)),
        to(layout_of(shape.filters)) {}

  std::int64_t group_count() const {
    return (grid.count + kTogether - 1) / kTogether;
  }
  // As many with any number of threads, so that sums are the same.
  std::int64_t part_count() const {
    constexpr std::int64_t kParts = 16;
    constexpr std::int64_t kFewSums = 384 << 10;  // bytes
    const std::int64_t bytes =
        sum_count() * static_cast<std::int64_t>(sizeof(float));
    return by_digits || bytes > kFewSums ? 1 : std::min(kParts, group_count());
  }
  // So many that what they need stays in a core's cache, or where there are no
  // parts in one that threads share.
  std::int64_t groups_at_a_time() const {
    const std::int64_t nearby = parts > 1 ? 384 << 10 : 4 << 20;  // bytes
    const std::int64_t least_tiles = parts > 1 ? 32 : 64;
    const std::int64_t a_group =
        kTogether * static_cast<std::int64_t>(sizeof(Product)) * kPlanes *
        (phases.count() * shape.channels + shape.filters);
    const std::int64_t some =
        std::max(nearby / a_group, least_tiles / kTogether);
    // Digits come in chunks, and are worth more of them: sums cost as much for
    // few.
    constexpr std::int64_t kTwoChunks = 2 * DigitProduct::kChunk;
    return std::min(
        by_digits ? (some + kTwoChunks - 1) / kTwoChunks * kTwoChunks : some,
        (group_count() + parts - 1) / parts);
  }

  Transformed layout_of(std::int64_t channels) const {
    return {.plane = plane_of(groups * kTogether * channels),
            .panel = groups * kTogether * kPanel,
            .tile = kTogether * kPanel,
            .channel = kTogether};
  }

  std::int64_t sum_count() const {
    return phases.count() * kPlanes * shape.channels * shape.filters;
  }
  std::int64_t image_count() const {
    return phases.count() * kPlanes * from.plane;
  }
  std::int64_t result_count() const { return kPlanes * to.plane; }

  // The tiles of group `group` of all to number `slot` of v and z.
  template <class T>
  void transform(const T* x, const T* dy, const T* zeros, std::int64_t group,
                 std::int64_t slot, Product* v, Product* z) const {
    for (std::size_t i = 0; i < images.size(); ++i) {
      transform_group<kPoints>(
          [](const Vector* d, Vector* points)
              HWY_ATTR { Tiles::image_at_points(d, points); },
          images[i], x, zeros, group, phases.padding, shape.channels, from,
          slot, v + static_cast<std::int64_t>(i) * kPlanes * from.plane);
    }
    transform_group<kTile>(
        [](const Vector* y, Vector* points)
            HWY_ATTR { Tiles::results_at_points(y, points); },
        results, dy, zeros, group, {}, shape.filters, to, slot, z);
  }

  // Of a thread's own, to multiply by digits.
  std::int64_t digit_bytes() const {
    if (!by_digits) return 0;
    const DigitProduct product(groups, shape.filters);
    return product.b_bytes() + product.workspace_bytes();
  }

  // Adds the products of `count` groups to the sums.
  void add_products(const Product* v, const Product* z, std::int64_t count,
                    bool add, float* sums, std::byte* digits) const {
    const std::int64_t planes = kPlanes * phases.count();
    if (by_digits) {
      parallel_workers(planes, workers, [&](std::int64_t worker, Tasks mine) {
        while (const auto i = mine.next()) {
          multiply_plane(v, z, *i % phases.count(), *i / phases.count(), count,
                         add, sums, digits + worker * digit_bytes());
        }
      });
      return;
    }
    const std::int64_t panels = shape.channels / kPanel;
    parallel_tasks(planes * panels, [&](std::int64_t i) {
      const std::int64_t at = i / panels;
      multiply_panel(v, z, at % phases.count(), at / phases.count(),
                     i % panels * kPanel, count, add, sums);
    });
  }

  // The sums of a part of all groups.
  template <class T>
  void add_part(std::int64_t part, const T* x, const T* dy, const T* zeros,
                Product* v, Product* z, float* sums, std::byte* digits) const {
    const std::int64_t begin = group_count() * part / parts;
    const std::int64_t end = group_count() * (part + 1) / parts;
    for (std::int64_t first = begin; first < end; first += groups) {
      const std::int64_t count = std::min(groups, end - first);
      parallel_tasks(count, [&](std::int64_t i) {
        transform(x, dy, zeros, first + i, i, v, z);
      });
      add_products(v, z, count, first > begin, sums, digits);
    }
  }

  // The gradient of the weights of channel c from the sums at the points.
  void finish(const float* sums, std::int64_t phase, std::int64_t c,
              float* dw) const {
    const Taps rows = phases.rows(phase);
    const Taps columns = phases.columns(phase);
    const std::int64_t side = phases.step + 2;
    const std::int64_t plane = shape.channels * shape.filters;
    const float* start = sums + phase * kPlanes * plane + c * shape.filters;
    for (std::int64_t f = 0; f < shape.filters; f += kLanes) {
      on_both_sides<kPoints, 3>(
          [](const Vector* points, Vector* g)
              HWY_ATTR { Tiles::weights_of_points(points, g); },
          [&](std::int64_t i, std::int64_t j) HWY_ATTR {
            const std::int64_t point = i * kPoints + j;
            if (is_silent(rows, columns, kPoints, point)) return all(0);
            const float* at = start + point * plane + f;
            Vector sum = hn::LoadU(Floats(), at);
            for (std::int64_t part = 1; part < parts; ++part) {
              at += sum_count();
              sum = hn::Add(sum, hn::LoadU(Floats(), at));
            }
            return sum;
          },
          [&](std::int64_t i, std::int64_t j, Vector value) HWY_ATTR {
            const auto row = rows.at[static_cast<std::size_t>(i)];
            const auto column = columns.at[static_cast<std::size_t>(j)];
            if (row == Taps::kNone || column == Taps::kNone) return;
            hn::StoreU(
                value, Floats(),
                dw + (row * side + column) * plane + c * shape.filters + f);
          });
    }
  }

 private:
  // Adds the products of a plane for kPanel channels.
  void multiply_panel(const Product* v, const Product* z, std::int64_t phase,
                      std::int64_t plane, std::int64_t c, std::int64_t count,
                      bool add, float* sums) const {
    if (is_silent(phases.rows(phase), phases.columns(phase), kPoints, plane)) {
      return;
    }
    const std::int64_t at = phase * kPlanes + plane;
    multiply<Product>({.a = v + at * from.plane + from.at(0, c),
                       .row = from.channel,
                       .depth = from.tile,
                       .b = z + plane * to.plane,
                       .panel = to.panel,
                       .count = count,
                       .to = sums + (at * shape.channels + c) * shape.filters,
                       .to_row = shape.filters,
                       .add = add},
                      kPanel, shape.filters / kPanel);
  }

  // Adds the products of a plane by digits.
  void multiply_plane(const Product* v, const Product* z, std::int64_t phase,
                      std::int64_t plane, std::int64_t count, bool add,
                      float* sums, std::byte* digits) const {
    if (is_silent(phases.rows(phase), phases.columns(phase), kPoints, plane)) {
      return;
    }
    if constexpr (std::is_same_v<Product, float>) {
      const DigitProduct product(count, shape.filters);
      for (std::int64_t part = 0; part < product.parts(); ++part) {
        product.arrange(part, z + plane * to.plane + part * to.panel, to.tile,
                        1, digits);
      }
      const std::int64_t at = phase * kPlanes + plane;
      float* c = sums + at * shape.channels * shape.filters;
      product.run({.rows = shape.channels,
                   .a = v + at * from.plane,
                   .b = digits,
                   .r = add ? c : nullptr,
                   .c = c},
                  {.step = from.tile, .panel = from.panel},
                  digits + product.b_bytes());
    }
  }

  // Squares of kSide pixels, a line of which `line` brings to the points.
  template <std::int64_t kSide, class Line, class T>
  void transform_group(Line line, const Lattice& lattice, const T* pixels,
                       const T* zeros, std::int64_t group,
                       const graph::Padding2D& padding, std::int64_t channels,
                       const Transformed& layout, std::int64_t slot,
                       Product* points) const {
    std::array<Places<kSide, T>, kTogether> places;
    for (std::int64_t t = 0; t < kTogether; ++t) {
      const std::int64_t tile = group * kTogether + t;
      places[static_cast<std::size_t>(t)] =
          tile < grid.count
              ? Places<kSide, T>(lattice, pixels, grid.image(tile),
                                 grid.top(tile) - padding.top,
                                 grid.left(tile) - padding.left, zeros)
              : Places<kSide, T>(zeros);
    }
    for (std::int64_t c = 0; c < channels; c += kLanes) {
      Product* start = points + layout.at(slot, c);
      // The first tile of two that are stored together.
      Vector first[kPlanes];
      for (std::size_t t = 0; t < kTogether; ++t) {
        on_both_sides<kSide, kPoints>(
            line,
            [&](std::int64_t i, std::int64_t j)
                HWY_ATTR { return Whole().load(places[t].at[i][j] + c); },
            [&](std::int64_t i, std::int64_t j, Vector value) HWY_ATTR {
              const std::int64_t point = i * kPoints + j;
              Product* at = start + point * layout.plane;
              if constexpr (kTogether == 1) {
                Whole().store(value, at);
              } else if (t == 0) {
                first[point] = value;
              } else {
                Factors<Product>::store({first[point], value}, at);
              }
            });
      }
    }
  }
};

}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
