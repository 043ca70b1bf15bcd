#include <memory>

#include "core/cuda/backend.h"
#include "core/cuda/convolution_trial.h"
#include "core/cuda/library_convolution.h"
#include "core/cuda/workspace.h"
#include "core/error.h"
#include "core/shared_library.h"

namespace lathe::cuda {
namespace {

cudnn::ConvolutionMemory memory_of(const ConvolutionProblem& problem,
                                   const KernelArguments& call) {
  switch (problem.direction) {
    case Direction::forward:
      return {.image = call.inputs[0],
              .weights = call.inputs[1],
              .result = call.outputs[0],
              .bias = problem.bias ? call.inputs[2] : nullptr};
    case Direction::input_gradient:
      return {.image = call.outputs[0],
              .weights = call.inputs[1],
              .result = call.inputs[0],
              .bias = problem.bias ? call.inputs[2] : nullptr};
    case Direction::weight_gradient:
      break;
  }
  return {.image = call.inputs[0],
          .weights = call.outputs[0],
          .result = call.inputs[1]};
}

}  // namespace

std::optional<Kernel> library_convolution(const ConvolutionProblem& problem) {
  require_device();
  const auto chosen = cudnn::choose_plan(problem);
  if (!chosen) return std::nullopt;
  return Kernel{
      .run =
          [problem, plan = chosen->plan](const KernelArguments& call) {
            auto memory = memory_of(problem, call);
            memory.workspace = align_workspace(call.workspace);
            plan.run(memory, call.stream);
          },
      .workspace_bytes = workspace_to_align(chosen->plan.workspace_bytes()),
      .implementation = concat("cudnn:", chosen->name)};
}

std::string cudnn_version() {
  return version_text(
      static_cast<std::int64_t>(cudnn::functions().get_version()), 10000, 100);
}

}  // namespace lathe::cuda
