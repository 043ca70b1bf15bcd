#include <algorithm>
#include <array>

#include "core/reference/kernels.h"

namespace lathe::reference {

// One plain operation after the other, everything in between being kept.
Kernel make(const graph::NormalizedExpansionGradient& operation,
            const Signature& signature) {
  const auto& in = signature.inputs;
  const auto& out = signature.outputs;
  const std::int64_t channels = in[2].shape.back();
  const graph::Convolution expansion{.window = {}, .filters = channels};
  const graph::Specs operands{in[1], in[2]};
  const TensorSpec image = expansion.output_specs(operands)[0];
  const auto expand =
      make(expansion, {.inputs = operands, .outputs = {image}}).run;
  const auto normalize =
      make(graph::FixedNormalization{.epsilon = operation.epsilon,
                                     .activation = operation.activation},
           {.inputs = {image, in[3], in[4], in[5], in[6]}, .outputs = {image}})
          .run;
  const auto go_back = make(
                           graph::ConvolutionInputGradient{
                               .window = operation.window,
                               .groups = channels,
                               .channels = channels,
                               .image = {image.shape[1], image.shape[2]}},
                           {.inputs = {in[0], in[7]}, .outputs = {image}})
                           .run;
  const auto to_taps =
      make(graph::ConvolutionWeightGradient{.window = operation.window,
                                            .groups = channels,
                                            .weight_shape = in[7].shape},
           {.inputs = {image, in[0]}, .outputs = {out[4]}})
          .run;
  Signature rest{
      .inputs = {image, image, in[3], in[4], in[5], in[6], in[1], in[2]},
      .outputs = {out[0], out[1], out[2], out[3]}};
  if (operation.residual) rest.inputs.push_back(in[8]);
  const Kernel finish = make(
      graph::NormalizedConvolutionGradient{.epsilon = operation.epsilon,
                                           .activation = operation.activation,
                                           .residual = operation.residual},
      rest);
  const std::size_t bytes = aligned(image.bytes());
  return {
      .run =
          [=, run = finish.run](const KernelArguments& memory) {
            const auto& given = memory.inputs;
            auto* start = static_cast<std::byte*>(memory.workspace);
            const std::array<void*, 1> y{start};
            const std::array<void*, 1> z{start + bytes};
            const std::array<void*, 1> dz{start + 2 * bytes};
            expand({.inputs = given.subspan(1, 2), .outputs = y});
            const std::array<void*, 5> normalized{y[0], given[3], given[4],
                                                  given[5], given[6]};
            normalize({.inputs = normalized, .outputs = z});
            const std::array<void*, 2> flowing{given[0], given[7]};
            go_back({.inputs = flowing, .outputs = dz});
            const std::array<void*, 2> images{z[0], given[0]};
            to_taps({.inputs = images, .outputs = memory.outputs.subspan(4)});
            const std::array<void*, 9> all{dz[0],    y[0],     given[3],
                                           given[4], given[5], given[6],
                                           given[1], given[2], given.back()};
            run({.inputs = std::span(all).first(given.size()),
                 .outputs = memory.outputs.first(4),
                 .workspace = start + 3 * bytes});
          },
      .workspace_bytes = 3 * bytes + finish.workspace_bytes};
}

}  // namespace lathe::reference
