#pragma once

#include <algorithm>

#include "core/graph/operations/pooling.h"
#include "core/kernel.h"

namespace lathe {

/// The kernel of an operation with `means`, its last output: make(operation)
/// without them, then the mean over its first output. For make(operation,
/// signature) of one backend.
template <class Operation, class Make>
Kernel with_means(Operation operation, const Signature& signature, Make make) {
  operation.means = false;
  Signature plain = signature;
  plain.outputs.pop_back();
  const TensorSpec& y = plain.outputs[0];
  const graph::AveragePooling mean{
      .window = {.kernel = {y.shape[1], y.shape[2]}}};
  const Kernel first = make(operation, plain);
  const Kernel second =
      make(mean, {.inputs = {y}, .outputs = {signature.outputs.back()}});
  return {.run =
              [run = first.run,
               pool = second.run](const KernelArguments& arguments) {
                const std::size_t last = arguments.outputs.size() - 1;
                run({.inputs = arguments.inputs,
                     .outputs = arguments.outputs.first(last),
                     .workspace = arguments.workspace,
                     .stream = arguments.stream});
                pool({.inputs = arguments.outputs.first(1),
                      .outputs = arguments.outputs.subspan(last),
                      .workspace = arguments.workspace,
                      .stream = arguments.stream});
              },
          .workspace_bytes =
              std::max(first.workspace_bytes, second.workspace_bytes),
          .implementation = first.implementation};
}

}  // namespace lathe
