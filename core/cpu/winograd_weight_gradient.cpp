// Weight gradients by Winograd's algorithm: see winograd_weight_sums.h.
#include "core/cpu/winograd.h"
#include "core/cpu/workspace.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/winograd_weight_gradient.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/winograd_weight_sums.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

template <class Tiles, class T>
Kernel weight_gradient(const ConvolutionShape& shape, bool by_digits) {
  using Product = typename Tiles::Product;
  const WeightSums<Tiles> gradient(shape, by_digits);
  const std::int64_t workers = workers_for(gradient.parts);
  WorkspaceLayout workspace;
  const auto sums_place =
      workspace.add<float>(gradient.parts * gradient.sum_count());
  const auto image_place =
      workspace.add<Product>(workers * gradient.image_count());
  const auto result_place =
      workspace.add<Product>(workers * gradient.result_count());
  const std::int64_t most = std::max(shape.channels, shape.filters);
  const auto blank = workspace.add<T>(most);
  const auto digits =
      workspace.add<std::byte>(gradient.workers * gradient.digit_bytes());
  return {
      .run =
          [=](const KernelArguments& arguments) {
            const auto* x = arguments.input<T>(0);
            const auto* dy = arguments.input<T>(1);
            auto* dw = arguments.output<float>(0);
            float* sums = sums_place.in(arguments.workspace);
            Product* v = image_place.in(arguments.workspace);
            Product* z = result_place.in(arguments.workspace);
            T* zeros = blank.in(arguments.workspace);
            std::fill_n(zeros, most, static_cast<T>(0.0F));
            const std::int64_t phases = gradient.phases.count();
            parallel_workers(
                gradient.parts, workers, [&](std::int64_t worker, Tasks mine) {
                  while (const auto part = mine.next()) {
                    gradient.add_part(*part, x, dy, zeros,
                                      v + worker * gradient.image_count(),
                                      z + worker * gradient.result_count(),
                                      sums + *part * gradient.sum_count(),
                                      digits.in(arguments.workspace));
                  }
                });
            parallel_tasks(phases * shape.channels, [&](std::int64_t i) {
              gradient.finish(sums, i / shape.channels, i % shape.channels, dw);
            });
          },
      .workspace_bytes = workspace.bytes(),
      .implementation = std::string(Tiles::kImplementation) +
                        (gradient.by_digits ? "_digits" : "")};
}

Kernel make_winograd_weight_gradient(const ConvolutionShape& shape,
                                     WinogradWay way) {
  return with_tiles(shape, way.tiles, [&](auto kind, auto element) {
    return weight_gradient<decltype(kind), decltype(element)>(shape,
                                                              way.digits);
  });
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {

HWY_EXPORT(make_winograd_weight_gradient);

Kernel winograd_weight_gradient(const ConvolutionShape& shape,
                                WinogradWay way) {
  return HWY_DYNAMIC_DISPATCH(make_winograd_weight_gradient)(shape, way);
}

}  // namespace lathe::cpu
#endif
