#include "core/cpu/winograd.h"

#include <vector>

#include "core/cpu/workspace.h"
#include "core/prepared_run.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/winograd.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/functions.h"
#include "core/cpu/winograd_weights.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

template <class T>
struct Operands {
  const T* bias;  // null without one
  const T* r;     // null without a residual
  T* y;
};

template <class T>
using Finish = void (*)(const Grid& grid, const Lattice& target,
                        const Transformed& layout, const float* m,
                        std::int64_t channels, const Operands<T>& o,
                        std::int64_t tile, std::int64_t slot);

// The results of tile `tile`, whose products are number `slot` of m.
template <class Tiles, ActivationKind kKind, class T>
void finish_tile(const Grid& grid, const Lattice& target,
                 const Transformed& layout, const float* m,
                 std::int64_t channels, const Operands<T>& o, std::int64_t tile,
                 std::int64_t slot) {
  const std::int64_t height = grid.size.height - grid.top(tile);
  const std::int64_t width = grid.size.width - grid.left(tile);
  const std::int64_t start = target.offset + grid.image(tile) * target.image +
                             grid.top(tile) * target.line +
                             grid.left(tile) * target.pixel;
  for (std::int64_t c = 0; c < channels; c += kLanes) {
    const Vector bias = o.bias == nullptr ? all(0) : Whole().load(o.bias + c);
    const float* from = m + layout.at(slot, c);
    on_both_sides<Tiles::kPoints, Tiles::kTile>(
        [](const Vector* points, Vector* y)
            HWY_ATTR { Tiles::results_of_points(points, y); },
        [&](std::int64_t i, std::int64_t j) HWY_ATTR {
          return hn::LoadU(Floats(),
                           from + (i * Tiles::kPoints + j) * layout.plane);
        },
        [&](std::int64_t i, std::int64_t j, Vector value) HWY_ATTR {
          if (i >= height || j >= width) return;
          const std::int64_t at = start + i * target.line + j * target.pixel;
          value = hn::Add(value, bias);
          if (o.r != nullptr) {
            value = hn::Add(value, Whole().load(o.r + at + c));
          }
          Whole().store(activate<kKind, T>(value), o.y + at + c);
        });
  }
}

// What a thread works in.
template <class Product>
struct Scratch {
  Product* v;         // tiles at the points
  float* m;           // their products
  std::byte* digits;  // DigitProduct's
};

// Both directions: windows of three over the sources, the images' phases or
// the results, make the targets, the results or the images' phases.
template <class Tiles, class T>
struct Convolver {
  using Product = typename Tiles::Product;
  static constexpr std::int64_t kPoints = Tiles::kPoints;
  static constexpr std::int64_t kPlanes = Tiles::kPlanes;

  WinogradWeights<Tiles> weights;
  std::vector<Lattice> sources;
  std::vector<Lattice> targets;
  Grid grid;
  std::int64_t top;  // zeros before the first row, and column, of a source
  std::int64_t left;
  std::int64_t tiles;  // at a time
  Transformed from;
  Transformed to;
  Finish<T> finish;

  Convolver(const ConvolutionShape& shape, bool digits, bool to_images,
            Finish<T> ending)
      : weights(shape, digits, to_images),
        sources(to_images ? lattices_of(shape.result, shape.filters, 1)
                          : lattices_of(shape.image, shape.channels,
                                        weights.phases.step)),
        targets(to_images ? lattices_of(shape.image, shape.channels,
                                        weights.phases.step)
                          : lattices_of(shape.result, shape.filters, 1)),
        grid(Tiles::kTile, targets[0].size, shape.batch),
        top(to_images ? 2 - weights.phases.padding.top
                      : weights.phases.padding.top),
        left(to_images ? 2 - weights.phases.padding.left
                       : weights.phases.padding.left),
        tiles(tiles_at_a_time()),
        from{.plane = plane_of(tiles * weights.depth),
             .panel = kPanel,
             .tile = weights.depth},
        to{.plane = plane_of(tiles * weights.width),
           .panel = kPanel,
           .tile = weights.width},
        finish(ending) {}

  // So many that what they need stays near, if the weights are few enough, and
  // that the weights, which pass once for each time, are not the larger part.
  std::int64_t tiles_at_a_time() const {
    constexpr std::int64_t kNearby = 384 << 10;  // bytes
    const std::int64_t a_tile =
        kPlanes * (static_cast<std::int64_t>(sources.size() * sizeof(Product)) *
                       weights.depth +
                   static_cast<std::int64_t>(sizeof(float)) * weights.width);
    const std::int64_t least =
        weights.digits ? 2 * DigitProduct::kRows : 4 * kMostRows;
    const std::int64_t share =
        (grid.count + thread_count() - 1) / thread_count();
    return std::min(std::max(kNearby / a_tile, least), share);
  }

  std::int64_t times() const { return (grid.count + tiles - 1) / tiles; }

  std::int64_t source_count() const {
    return static_cast<std::int64_t>(sources.size()) * kPlanes * from.plane;
  }
  std::int64_t product_count() const { return kPlanes * to.plane; }

  // The products of one plane of a target.
  void multiply_plane(const std::byte* u, std::int64_t target,
                      std::int64_t plane, std::int64_t count,
                      const Scratch<Product>& scratch) const {
    float* to_plane = scratch.m + plane * to.plane;
    bool add = false;
    for (std::size_t s = 0; s < sources.size(); ++s) {
      const std::int64_t source = static_cast<std::int64_t>(s);
      const std::int64_t phase = source + target;
      if (is_silent(weights.rows(phase), weights.columns(phase), kPoints,
                    plane)) {
        continue;
      }
      weights.multiply(
          u, phase, plane,
          {.v = scratch.v + (source * kPlanes + plane) * from.plane,
           .count = count,
           .add = add,
           .to = to_plane,
           .workspace = scratch.digits});
      add = true;
    }
    if (!add) std::fill_n(to_plane, count * weights.width, 0.0F);
  }

  void convolve(const T* x, const std::byte* u, const T* zeros,
                std::int64_t first, std::int64_t last,
                const Scratch<Product>& scratch,
                const Operands<T>& operands) const {
    for (std::size_t s = 0; s < sources.size(); ++s) {
      Product* planes =
          scratch.v + static_cast<std::int64_t>(s) * kPlanes * from.plane;
      for (std::int64_t tile = first; tile < last; ++tile) {
        const Places<kPoints, T> places(sources[s], x, grid.image(tile),
                                        grid.top(tile) - top,
                                        grid.left(tile) - left, zeros);
        transform_tile<kPoints>(
            [](const Vector* d, Vector* points)
                HWY_ATTR { Tiles::image_at_points(d, points); },
            places, weights.depth, from, tile - first, planes);
      }
    }
    for (std::size_t target = 0; target < targets.size(); ++target) {
      for (std::int64_t plane = 0; plane < kPlanes; ++plane) {
        multiply_plane(u, static_cast<std::int64_t>(target), plane,
                       last - first, scratch);
      }
      for (std::int64_t tile = first; tile < last; ++tile) {
        finish(grid, targets[target], to, scratch.m, weights.width, operands,
               tile, tile - first);
      }
    }
  }
};

template <class Tiles, class T>
Kernel winograd(const ConvolutionShape& shape, bool digits, bool to_images,
                const Epilogue& epilogue) {
  using Product = typename Tiles::Product;
  const auto finish = with_activation(
      epilogue.activation,
      [](auto kind) -> Finish<T> { return finish_tile<Tiles, kind(), T>; });
  const Convolver<Tiles, T> convolver(shape, digits, to_images, finish);
  const std::int64_t times = convolver.times();
  const std::int64_t workers = workers_for(times);
  WorkspaceLayout workspace;
  const auto blank = workspace.add<T>(convolver.weights.depth);
  const auto v = workspace.add<Product>(workers * convolver.source_count());
  const auto m = workspace.add<float>(workers * convolver.product_count());
  const auto& weights = convolver.weights;
  const std::int64_t digit_bytes = weights.workspace_bytes();
  const auto digit_room = workspace.add<std::byte>(workers * digit_bytes);
  WorkspaceLayout preparation;
  const std::int64_t room = weights.room_to_prepare();
  const std::int64_t tasks = weights.phases.count() * weights.panels();
  const std::int64_t preparers = workers_for(tasks);
  const auto panel_rooms = preparation.add<Product>(preparers * room);
  const Kernel transformation{
      .run =
          [=](const KernelArguments& arguments) {
            const auto* w = arguments.input<T>(0);
            auto* u = arguments.output<std::byte>(0);
            const std::int64_t panels = convolver.weights.panels();
            parallel_workers(
                tasks, preparers, [&](std::int64_t worker, Tasks mine) {
                  Product* own =
                      panel_rooms.in(arguments.workspace) + worker * room;
                  while (const auto i = mine.next()) {
                    convolver.weights.prepare(w, *i / panels, *i % panels, own,
                                              u);
                  }
                });
          },
      .workspace_bytes = preparation.bytes()};
  const Kernel convolution{
      .run =
          [=](const KernelArguments& arguments) {
            const auto* x = arguments.input<T>(0);
            const auto* u = arguments.input<std::byte>(1);
            const std::size_t last = arguments.inputs.size() - 1;
            const Operands<T> operands{
                .bias = epilogue.bias ? arguments.input<T>(2) : nullptr,
                .r = epilogue.residual ? arguments.input<T>(last) : nullptr,
                .y = arguments.output<T>(0)};
            T* zeros = blank.in(arguments.workspace);
            std::fill_n(zeros, convolver.weights.depth, static_cast<T>(0.0F));
            const std::int64_t tiles = convolver.grid.count;
            parallel_workers(
                times, workers, [&](std::int64_t worker, Tasks mine) {
                  void* memory = arguments.workspace;
                  const Scratch<Product> scratch{
                      .v = v.in(memory) + worker * convolver.source_count(),
                      .m = m.in(memory) + worker * convolver.product_count(),
                      .digits = digit_room.in(memory) + worker * digit_bytes};
                  while (const auto i = mine.next()) {
                    convolver.convolve(
                        x, u, zeros, *i * convolver.tiles,
                        std::min((*i + 1) * convolver.tiles, tiles), scratch,
                        operands);
                  }
                });
          },
      .workspace_bytes = workspace.bytes(),
      .implementation = std::string(Tiles::kImplementation) +
                        (weights.digits ? "_digits" : "")};
  return prepared_kernel(transformation, weights.bytes(), convolution);
}

Kernel make_winograd(const ConvolutionShape& shape, WinogradWay way,
                     bool to_images, const Epilogue& epilogue) {
  return with_tiles(shape, way.tiles, [&](auto kind, auto element) {
    return winograd<decltype(kind), decltype(element)>(shape, way.digits,
                                                       to_images, epilogue);
  });
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {

HWY_EXPORT(make_winograd);

bool is_winograd(const ConvolutionShape& shape, WinogradTiles kind) {
  const auto& window = shape.window;
  const auto& image = shape.image;
  const auto& result = shape.result;
  const auto& padding = window.padding;
  const auto is_near = [](std::int64_t zeros) {
    return zeros >= 0 && zeros <= 2;
  };
  const bool is_plain = window.kernel == graph::Size2D{3, 3} &&
                        window.strides == graph::Size2D{} &&
                        is_near(padding.top) && is_near(padding.bottom) &&
                        is_near(padding.left) && is_near(padding.right);
  const bool has_phases = window.kernel == graph::Size2D{4, 4} &&
                          window.strides == graph::Size2D{2, 2} &&
                          padding.top == 1 && padding.left == 1 &&
                          image.height == 2 * result.height &&
                          image.width == 2 * result.width;
  if (!is_plain && !has_phases) return false;
  const std::int64_t tile = kind == WinogradTiles::large ? 4 : 2;
  const auto tiles = [&](std::int64_t side) {
    return (side + tile - 1) / tile;
  };
  const std::int64_t computed =
      tile * tile * tiles(result.height) * tiles(result.width);
  const bool fits = 5 * computed <= 9 * result.height * result.width;
  return window.dilation == graph::Size2D{} && shape.groups == 1 &&
         shape.channels % 16 == 0 && shape.filters % 16 == 0 && fits;
}

Kernel winograd_convolution(const ConvolutionShape& shape, WinogradWay way,
                            const Epilogue& epilogue) {
  return HWY_DYNAMIC_DISPATCH(make_winograd)(shape, way, false, epilogue);
}

Kernel winograd_input_gradient(const ConvolutionShape& shape, WinogradWay way,
                               const Epilogue& epilogue) {
  return HWY_DYNAMIC_DISPATCH(make_winograd)(shape, way, true, epilogue);
}

}  // namespace lathe::cpu
#endif
