#include <vector>

#include "core/cpu/winograd.h"
#include "core/cpu/workspace.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/winograd_weight_gradient.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/winograd_tiles.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

// At each point the gradient is a product of matrices: the tiles of the images,
// transposed, times those of the results' gradients. Some tiles at a time are
// brought to the points, then multiplied and added.
struct WeightGradient {
  ConvolutionShape shape;
  Phases phases;
  std::vector<Lattice> images;
  Lattice results;
  Grid grid;
  std::int64_t tiles;  // at a time
  Transformed from;    // image tiles, and result tiles below: by panels
  Transformed to;

  explicit WeightGradient(const ConvolutionShape& convolution)
      : shape(convolution),
        phases(shape),
        images(lattices_of(shape.image, shape.channels, phases.step)),
        results(shape.result, shape.filters, 1, 0),
        grid(shape.result, shape.batch),
        tiles(tiles_at_a_time()),
        from{.plane = plane_of(tiles * shape.channels),
             .panel = tiles * kPanel,
             .tile = kPanel},
        to{.plane = plane_of(tiles * shape.filters),
           .panel = tiles * kPanel,
           .tile = kPanel} {}

  // So many that what they need stays in a cache that threads share; the sums
  // are the same with any number of threads.
  std::int64_t tiles_at_a_time() const {
    constexpr std::int64_t kNearby = 1 << 20;
    const std::int64_t a_tile =
        kPlanes * (phases.count() * shape.channels + shape.filters);
    return std::min(std::max<std::int64_t>(kNearby / a_tile, 64), grid.count);
  }

  std::int64_t sum_count() const {
    return phases.count() * kPlanes * shape.channels * shape.filters;
  }
  std::int64_t image_count() const {
    return phases.count() * kPlanes * from.plane;
  }
  std::int64_t result_count() const { return kPlanes * to.plane; }

  template <class T>
  void transform(const T* x, const T* dy, const T* zeros, std::int64_t tile,
                 std::int64_t slot, float* v, float* z) const {
    const std::int64_t top = grid.top(tile) - phases.padding.top;
    const std::int64_t left = grid.left(tile) - phases.padding.left;
    for (std::size_t i = 0; i < images.size(); ++i) {
      const Places<kPoints, T> places(images[i], x, grid.image(tile), top, left,
                                      zeros);
      transform_tile([](const Vector* d, Vector* points)
                         HWY_ATTR { image_at_points(d, points); },
                     places, shape.channels, from, slot,
                     v + static_cast<std::int64_t>(i) * kPlanes * from.plane);
    }
    const Places<kTile, T> places(results, dy, grid.image(tile), grid.top(tile),
                                  grid.left(tile), zeros);
    transform_tile([](const Vector* y, Vector* points)
                       HWY_ATTR { results_at_points(y, points); },
                   places, shape.filters, to, slot, z);
  }

  // Adds the products of a plane for kPanel channels.
  void multiply_panel(const float* v, const float* z, std::int64_t phase,
                      std::int64_t plane, std::int64_t c, std::int64_t count,
                      bool add, float* sums) const {
    if (is_silent(phases.rows(phase), phases.columns(phase), plane)) return;
    const std::int64_t at = phase * kPlanes + plane;
    for (std::int64_t f = 0; f < shape.filters; f += kPanel) {
      multiply({.a = v + at * from.plane + from.at(0, c),
                .row = 1,
                .depth = kPanel,
                .b = z + plane * to.plane + to.at(0, f),
                .count = count,
                .to = sums + (at * shape.channels + c) * shape.filters + f,
                .to_row = shape.filters,
                .add = add},
               kPanel);
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
              HWY_ATTR { weights_of_points(points, g); },
          [&](std::int64_t i, std::int64_t j) HWY_ATTR {
            const std::int64_t point = i * kPoints + j;
            if (is_silent(rows, columns, point)) return all(0);
            return hn::LoadU(Floats(), start + point * plane + f);
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
};

template <class T>
Kernel weight_gradient(const ConvolutionShape& shape) {
  const WeightGradient gradient(shape);
  WorkspaceLayout workspace;
  const auto sums_place = workspace.add<float>(gradient.sum_count());
  const auto image_place = workspace.add<float>(gradient.image_count());
  const auto result_place = workspace.add<float>(gradient.result_count());
  const std::int64_t most = std::max(shape.channels, shape.filters);
  const auto blank = workspace.add<T>(most);
  return {
      .run =
          [=](const KernelArguments& arguments) {
            const auto* x = arguments.input<T>(0);
            const auto* dy = arguments.input<T>(1);
            auto* dw = arguments.output<float>(0);
            float* sums = sums_place.in(arguments.workspace);
            float* v = image_place.in(arguments.workspace);
            float* z = result_place.in(arguments.workspace);
            T* zeros = blank.in(arguments.workspace);
            std::fill_n(zeros, most, static_cast<T>(0.0F));
            const std::int64_t phases = gradient.phases.count();
            const std::int64_t panels = shape.channels / kPanel;
            const std::int64_t tiles = gradient.grid.count;
            for (std::int64_t first = 0; first < tiles;
                 first += gradient.tiles) {
              const std::int64_t count =
                  std::min(gradient.tiles, tiles - first);
              parallel_tasks(count, [&](std::int64_t i) {
                gradient.transform(x, dy, zeros, first + i, i, v, z);
              });
              parallel_tasks(kPlanes * phases * panels, [&](std::int64_t i) {
                gradient.multiply_panel(
                    v, z, i / panels % phases, i / (panels * phases),
                    i % panels * kPanel, count, first > 0, sums);
              });
            }
            parallel_tasks(phases * shape.channels, [&](std::int64_t i) {
              gradient.finish(sums, i / shape.channels, i % shape.channels, dw);
            });
          },
      .workspace_bytes = workspace.bytes(),
      .implementation = "own:winograd"};
}

Kernel make_winograd_weight_gradient(const ConvolutionShape& shape) {
  return with_element(kWinograd, {{}, shape.dtype}, [&](auto element) {
    return weight_gradient<decltype(element)>(shape);
  });
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {

HWY_EXPORT(make_winograd_weight_gradient);

Kernel winograd_weight_gradient(const ConvolutionShape& shape) {
  return HWY_DYNAMIC_DISPATCH(make_winograd_weight_gradient)(shape);
}

}  // namespace lathe::cpu
#endif
