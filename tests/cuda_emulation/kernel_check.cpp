#include "tests/core/kernel_check.h"

#include <cuda_emulation/runtime.h>
#include <gtest/gtest.h>

#include <memory>

#include "core/cuda/backend.h"
#include "core/error.h"
#include "core/reference/kernels.h"
#include "tests/cuda_emulation/guarded.h"
#include "tests/support/compare.h"
#include "tests/support/run_graph.h"

namespace lathe::testing {
namespace {

using cuda_emulation::Order;

using GuardedTensors = std::vector<std::unique_ptr<Guarded>>;

// Runs a kernel between margins, output 0 in the memory of input `taken` if
// there is one. The outputs, and after them all inputs.
std::vector<Tensor> run(const Kernel& kernel, const Signature& signature,
                        const std::vector<Tensor>& given, Order order,
                        std::optional<std::size_t> taken = {}) {
  GuardedTensors inputs;
  GuardedTensors outputs;
  std::vector<void*> input_memory;
  std::vector<void*> output_memory;
  for (const Tensor& tensor : given) {
    inputs.push_back(std::make_unique<Guarded>(tensor));
    input_memory.push_back(inputs.back()->tensor().raw());
  }
  for (const TensorSpec& spec : signature.outputs) {
    outputs.push_back(std::make_unique<Guarded>(spec));
    output_memory.push_back(outputs.back()->tensor().raw());
  }
  if (taken) output_memory[0] = input_memory[*taken];
  const Guarded workspace(TensorSpec{
      {static_cast<std::int64_t>(kernel.workspace_bytes)}, DType::uint8});
  cuda_emulation::set_order(order);
  kernel.run({.inputs = input_memory,
              .outputs = output_memory,
              .workspace = workspace.tensor().raw()});
  cuda_emulation::set_order(Order::ascending);
  std::vector<Tensor> results;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const TensorSpec& spec = signature.outputs[i];
    results.push_back(Tensor(spec, output_memory[i], nullptr).clone());
  }
  for (const auto& input : inputs) results.push_back(input->tensor().clone());
  return results;
}

}  // namespace

// Instead of threads of the processor, orders of threads of the device.
void check_signature(const graph::Operation& operation,
                     const Signature& signature,
                     const std::vector<Tensor>& inputs, double tolerance) {
  const Kernel kernel = cuda::make_kernel(operation, signature);
  const auto expected = run(reference::make_kernel(operation, signature),
                            signature, inputs, Order::ascending);
  const auto actual = run(kernel, signature, inputs, Order::ascending);
  expect_like(actual, expected, tolerance);
  const auto again = run(kernel, signature, inputs, Order::descending);
  {
    SCOPED_TRACE("threads in another order");
    expect_identical_all(again, actual, actual.size());
  }
  if (const auto taken = graph::in_place_input_of(operation, inputs.size())) {
    SCOPED_TRACE("in place");
    for (const Order order : {Order::ascending, Order::descending}) {
      const auto results = run(kernel, signature, inputs, order, taken);
      expect_identical_all(results, actual, signature.outputs.size());
    }
  }
}

std::vector<Tensor> kernel_outputs(const graph::Operation& operation,
                                   const std::vector<Tensor>& inputs) {
  const Signature signature = signature_of(operation, inputs);
  return run_kernel(cuda::make_kernel(operation, signature), signature, inputs);
}

}  // namespace lathe::testing
