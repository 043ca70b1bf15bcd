#include "core/cpu/pixel_products.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/cpu/convolution_epilogue.h"
#include "core/cpu/onednn.h"
#include "core/prepared_run.h"

namespace lathe::cpu {

PixelProducts::PixelProducts(std::int64_t channels, std::int64_t filters,
                             bool bias, const std::vector<std::int64_t>& counts,
                             std::int64_t workers, DType dtype)
    : bias_(bias), workers_(static_cast<std::size_t>(workers)) {
  const WithThreads alone(1);
  std::vector<ConvolutionShape> shapes;
  for (const std::int64_t pixels : counts) {
    const graph::Size2D image{.height = pixels};
    shapes.push_back({.window = {},
                      .image = image,
                      .result = image,
                      .channels = channels,
                      .filters = filters,
                      .dtype = dtype});
  }
  for (auto& kernels : workers_) {
    for (const ConvolutionShape& shape : shapes) {
      kernels.push_back(onednn_convolution(shape, {.bias = bias}));
    }
  }
  find_arrangements(shapes);
  for (auto& kernels : workers_) {
    for (Kernel& kernel : kernels) {
      if (const auto* prepared = kernel.run.target<PreparedRun>()) {
        kernel = {.run = prepared->run,
                  .workspace_bytes = prepared->offset,
                  .implementation = kernel.implementation};
      }
      workspace_bytes_ =
          std::max(workspace_bytes_,
                   static_cast<std::int64_t>(aligned(kernel.workspace_bytes)));
    }
  }
}

void PixelProducts::find_arrangements(
    const std::vector<ConvolutionShape>& shapes) {
  places_.resize(shapes.size());
  const auto prepared_run = [](const Kernel& kernel) {
    return kernel.run.target<PreparedRun>();
  };
  if (std::ranges::none_of(workers_[0], prepared_run)) return;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const auto like = std::find_if(
        shapes.begin(), shapes.begin() + static_cast<std::ptrdiff_t>(i),
        [&](const ConvolutionShape& other) {
          return onednn_arranges_alike(other, shapes[i], {.bias = bias_});
        });
    const auto j = static_cast<std::size_t>(like - shapes.begin());
    if (j < i) {
      places_[i] = places_[j];
      continue;
    }
    places_[i] = arranged_bytes_;
    if (const PreparedRun* prepared = prepared_run(workers_[0][i])) {
      arrangements_.push_back({prepared->prepare, arranged_bytes_});
      arranged_bytes_ += aligned(prepared->bytes);
    } else {
      const std::size_t bytes =
          static_cast<std::size_t>(shapes[i].channels * shapes[i].filters) *
          size_of(shapes[i].dtype);
      arrangements_.push_back({[bytes](const KernelArguments& call) {
                                 std::memcpy(call.outputs[0], call.inputs[0],
                                             bytes);
                               },
                               arranged_bytes_});
      arranged_bytes_ += aligned(bytes);
    }
  }
}

void PixelProducts::run(std::int64_t worker, std::size_t index,
                        const Operands& operands, void* workspace) const {
  auto* weights =
      static_cast<std::byte*>(const_cast<void*>(operands.w)) + places_[index];
  const std::array<void*, 3> inputs{const_cast<void*>(operands.x), weights,
                                    const_cast<void*>(operands.bias)};
  const std::array<void*, 1> outputs{operands.y};
  workers_[static_cast<std::size_t>(worker)][index].run(
      {.inputs = std::span(inputs).first(bias_ ? 3 : 2),
       .outputs = outputs,
       .workspace = workspace});
}

Kernel PixelProducts::kernel(const Kernel& products) const {
  Kernel result = products;
  result.implementation += workers_[0][0].implementation;
  if (arranged_bytes_ == 0) return result;
  const Kernel arrange{
      .run =
          [all = arrangements_](const KernelArguments& call) {
            for (const Arrangement& each : all) {
              const std::array<void*, 1> arranged{call.output<std::byte>(0) +
                                                  each.place};
              each.arrange({.inputs = call.inputs,
                            .outputs = arranged,
                            .workspace = call.workspace});
            }
          },
      .workspace_bytes = static_cast<std::size_t>(workspace_bytes_)};
  return prepared_kernel(arrange, arranged_bytes_, result);
}

}  // namespace lathe::cpu
