// Convolutions of single pixels that end in an activation, by pieces that stay
// in a core's cache: oneDNN's own activations take three times as long.
#include <algorithm>

#include "core/cpu/activate_rows.h"
#include "core/cpu/convolution.h"
#include "core/cpu/pixel_products.h"
#include "core/cpu/workspace.h"
#include "core/parallel.h"

namespace lathe::cpu {

Kernel activated_convolution(const ConvolutionShape& shape, bool has_bias,
                             graph::ActivationKind activation) {
  // A piece's results and images fill a part of the second cache; and there are
  // enough pieces for all threads to end together.
  constexpr std::int64_t kBytes = 192 << 10;
  constexpr std::int64_t kLeastPieces = 4;  // of a thread
  const auto size = static_cast<std::int64_t>(size_of(shape.dtype));
  const std::int64_t x_pixel = shape.channels * size;
  const std::int64_t y_pixel = shape.filters * size;
  const std::int64_t pixels =
      shape.batch * shape.image.height * shape.image.width;
  const std::int64_t workers = workers_for(pixels);
  const std::int64_t pieces = std::min(
      std::max(pixels * (x_pixel + y_pixel) / kBytes, kLeastPieces * workers),
      pixels);
  const std::int64_t least = pixels / pieces;
  const PixelProducts products(shape.channels, shape.filters, has_bias,
                               {least, least + 1}, workers, shape.dtype);
  const Activate activate = activate_rows(activation, shape.dtype);
  WorkspaceLayout workspace;
  const auto scratch =
      workspace.add<std::byte>(workers * products.workspace_bytes());
  return products.kernel(
      {.run =
           [=](const KernelArguments& call) {
             const auto* x = call.input<std::byte>(0);
             const auto* w = call.input<std::byte>(1);
             const auto* bias = has_bias ? call.input<std::byte>(2) : nullptr;
             auto* y = call.output<std::byte>(0);
             parallel_workers(
                 pieces, workers, [&](std::int64_t worker, Tasks mine) {
                   void* memory = scratch.in(call.workspace) +
                                  worker * products.workspace_bytes();
                   while (const auto piece = mine.next()) {
                     const std::int64_t first = pixels * *piece / pieces;
                     const std::int64_t count =
                         pixels * (*piece + 1) / pieces - first;
                     std::byte* results = y + first * y_pixel;
                     products.run(worker, count == least ? 0 : 1,
                                  {.x = x + first * x_pixel,
                                   .w = w,
                                   .bias = bias,
                                   .y = results},
                                  memory);
                     activate(results, results, count * shape.filters);
                   }
                 });
           },
       .workspace_bytes = workspace.bytes(),
       .implementation = "own:"});
}

}  // namespace lathe::cpu
