#include "core/cpu/pixel_products.h"

#include <algorithm>
#include <array>

#include "core/cpu/convolution_epilogue.h"
#include "core/cpu/onednn.h"
#include "core/prepared_run.h"

namespace lathe::cpu {

std::int64_t slots_for(std::int64_t tasks) {
  constexpr std::int64_t kSlots = 32;
  const std::int64_t threads = thread_count();
  return std::min(std::clamp(kSlots, threads, 4 * threads), tasks);
}

std::int64_t strip_for(std::int64_t rows, std::int64_t batch) {
  constexpr std::int64_t kTasks = 4;
  constexpr std::int64_t kLeast = 8;
  const std::int64_t tasks = (kTasks * thread_count() + batch - 1) / batch;
  return std::min(std::max((rows + tasks - 1) / tasks, kLeast), rows);
}

PixelProducts::PixelProducts(std::int64_t channels, std::int64_t filters,
                             bool bias, const std::vector<std::int64_t>& counts,
                             std::int64_t slots, DType dtype)
    : bias_(bias), slots_(static_cast<std::size_t>(slots)) {
  const WithThreads alone(1);
  for (auto& kernels : slots_) {
    for (const std::int64_t pixels : counts) {
      const graph::Size2D image{.height = pixels};
      Kernel kernel = onednn_convolution({.window = {},
                                          .image = image,
                                          .result = image,
                                          .channels = channels,
                                          .filters = filters,
                                          .dtype = dtype},
                                         {.bias = bias});
      // How weights are arranged doesn't depend on the pixels.
      if (const auto* prepared = kernel.run.target<PreparedRun>()) {
        arrangement_.run = prepared->prepare;
        arranged_bytes_ = prepared->bytes;
        kernel = {.run = prepared->run,
                  .workspace_bytes = prepared->offset,
                  .implementation = kernel.implementation};
      }
      workspace_bytes_ =
          std::max(workspace_bytes_,
                   static_cast<std::int64_t>(aligned(kernel.workspace_bytes)));
      kernels.push_back(std::move(kernel));
    }
  }
}

void PixelProducts::run(std::int64_t slot, std::size_t index,
                        const Operands& operands, void* workspace) const {
  const std::array<void*, 3> inputs{const_cast<void*>(operands.x),
                                    const_cast<void*>(operands.w),
                                    const_cast<void*>(operands.bias)};
  const std::array<void*, 1> outputs{operands.y};
  slots_[static_cast<std::size_t>(slot)][index].run(
      {.inputs = std::span(inputs).first(bias_ ? 3 : 2),
       .outputs = outputs,
       .workspace = workspace});
}

Kernel PixelProducts::kernel(const Kernel& products) const {
  Kernel result = products;
  result.implementation += slots_[0][0].implementation;
  if (arranged_bytes_ == 0) return result;
  return prepared_kernel(arrangement_, arranged_bytes_, result);
}

}  // namespace lathe::cpu
