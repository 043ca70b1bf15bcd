#include <array>

#include "core/reference/kernels.h"

namespace lathe::reference {

// One plain convolution after the other, the image being kept in between.
Kernel make(const graph::ExpandedConvolution& operation,
            const Signature& signature) {
  const auto& in = signature.inputs;
  const graph::Convolution expansion = expansion_of(operation, in);
  const graph::Convolution depthwise = depthwise_of(operation, in);
  const graph::Specs first{in.begin(), in.begin() + 3};
  const TensorSpec image = expansion.output_specs(first)[0];
  const Kernel expand = make(expansion, {.inputs = first, .outputs = {image}});
  graph::Specs second{image};
  second.insert(second.end(), in.begin() + 3, in.end());
  const Kernel convolve =
      make(depthwise, {.inputs = second, .outputs = signature.outputs});
  const std::size_t offset = aligned(image.bytes());
  return {.run =
              [=, first_run = expand.run,
               last_run = convolve.run](const KernelArguments& memory) {
                const std::array<void*, 1> between{memory.workspace};
                void* rest = static_cast<std::byte*>(memory.workspace) + offset;
                first_run({.inputs = memory.inputs.first(3),
                           .outputs = between,
                           .workspace = rest});
                const std::size_t count = memory.inputs.size() - 2;
                const std::array<void*, 3> inputs{between[0], memory.inputs[3],
                                                  memory.inputs.back()};
                last_run({.inputs = std::span(inputs).first(count),
                          .outputs = memory.outputs,
                          .workspace = rest});
              },
          .workspace_bytes = offset + std::max(expand.workspace_bytes,
                                               convolve.workspace_bytes)};
}

}  // namespace lathe::reference
