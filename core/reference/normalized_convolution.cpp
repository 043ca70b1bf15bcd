#include <array>
#include <memory>

#include "core/reference/kernels.h"

namespace lathe::reference {

// One plain gradient after the other, dy being kept in between.
Kernel make(const graph::NormalizedConvolutionGradient& operation,
            const Signature& signature) {
  const auto& in = signature.inputs;
  const auto& out = signature.outputs;
  const TensorSpec dy = in[1];
  const Signature normalization{.inputs = {in.begin(), in.begin() + 6},
                                .outputs = {dy, out[2], out[3]}};
  Signature input{.inputs = {dy, in[7]}, .outputs = {out[0]}};
  if (operation.residual) input.inputs.push_back(in[8]);
  const Signature weight{.inputs = {in[6], dy}, .outputs = {out[1]}};
  const auto run_normalization =
      make(
          graph::BatchNormalizationGradient{.epsilon = operation.epsilon,
                                            .activation = operation.activation},
          normalization)
          .run;
  const auto run_input = make(
                             graph::ConvolutionInputGradient{
                                 .window = {},
                                 .channels = in[6].shape[3],
                                 .image = {in[6].shape[1], in[6].shape[2]},
                                 .residual = operation.residual},
                             input)
                             .run;
  const auto run_weight =
      make(graph::ConvolutionWeightGradient{.window = {},
                                            .weight_shape = out[1].shape},
           weight)
          .run;
  return {
      .run =
          [=](const KernelArguments& memory) {
            const auto& given = memory.inputs;
            const auto& wanted = memory.outputs;
            void* flowing = memory.workspace;
            const std::array<void*, 3> gradients{flowing, wanted[2], wanted[3]};
            run_normalization({.inputs = given.first(6), .outputs = gradients});
            const std::array<void*, 3> images{flowing, given[7], given.back()};
            const std::array<void*, 2> factors{given[6], flowing};
            run_weight({.inputs = factors, .outputs = wanted.subspan(1, 1)});
            run_input(
                {.inputs = std::span(images).first(given.size() == 9 ? 3 : 2),
                 .outputs = wanted.first(1)});
          },
      .workspace_bytes = dy.bytes()};
}

}  // namespace lathe::reference
