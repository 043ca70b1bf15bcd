#include "core/prepared_run.h"

#include <algorithm>
#include <array>

#include "core/storage.h"

namespace lathe {

void PreparedRun::operator()(const KernelArguments& arguments) const {
  const std::array<void*, 1> weights{arguments.inputs[1]};
  const std::array<void*, 1> prepared{
      static_cast<std::byte*>(arguments.workspace) + offset};
  prepare({.inputs = weights,
           .outputs = prepared,
           .workspace = arguments.workspace,
           .stream = arguments.stream});
  // A bias, a residual or a second convolution's weights may follow.
  std::array<void*, 5> inputs{};
  std::ranges::copy(arguments.inputs, inputs.begin());
  inputs[1] = prepared[0];
  run({.inputs = std::span(inputs).first(arguments.inputs.size()),
       .outputs = arguments.outputs,
       .workspace = arguments.workspace,
       .stream = arguments.stream});
}

Kernel prepared_kernel(const Kernel& prepare, std::size_t bytes,
                       const Kernel& run) {
  const std::size_t offset =
      aligned(std::max(prepare.workspace_bytes, run.workspace_bytes));
  return {.run = PreparedRun{.prepare = prepare.run,
                             .run = run.run,
                             .bytes = bytes,
                             .offset = offset},
          .workspace_bytes = offset + bytes,
          .implementation = run.implementation};
}

}  // namespace lathe
