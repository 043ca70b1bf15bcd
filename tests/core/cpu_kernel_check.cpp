#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

#include "core/cpu/kernels.h"
#include "core/error.h"
#include "core/parallel.h"
#include "core/reference/kernels.h"
#include "tests/core/kernel_check.h"
#include "tests/support/compare.h"
#include "tests/support/run_graph.h"

namespace lathe::testing {
namespace {

// Where trials can't be kept the first of several ways to compute is taken. So
// what is checked here doesn't depend on which was the fastest; the others have
// tests of their own.
[[maybe_unused]] const int kKeepsNoTrials =
    setenv("XDG_CACHE_HOME", "/dev/null", 1);

std::vector<Tensor> cloned(const std::vector<Tensor>& tensors) {
  std::vector<Tensor> clones;
  for (const Tensor& tensor : tensors) clones.push_back(tensor.clone());
  return clones;
}

// The outputs, and after them the inputs that the operation writes.
std::vector<Tensor> results(const graph::Operation& operation,
                            const Kernel& kernel, const Signature& signature,
                            const std::vector<Tensor>& given) {
  const std::vector<Tensor> inputs = cloned(given);
  std::vector<Tensor> results = run_kernel(kernel, signature, inputs);
  for (const std::size_t i : graph::writes_of(operation, inputs.size())) {
    results.push_back(inputs[i]);
  }
  return results;
}

// The outputs where output 0 takes over the memory of an input.
std::vector<Tensor> results_in_place(std::size_t taken, const Kernel& kernel,
                                     const Signature& signature,
                                     const std::vector<Tensor>& given) {
  const std::vector<Tensor> inputs = cloned(given);
  std::vector<Tensor> outputs{
      inputs[taken].reshaped(signature.outputs[0].shape)};
  for (std::size_t i = 1; i < signature.outputs.size(); ++i) {
    outputs.emplace_back(signature.outputs[i].shape,
                         signature.outputs[i].dtype);
  }
  const Tensor workspace({static_cast<std::int64_t>(kernel.workspace_bytes)},
                         DType::uint8);
  if (workspace.bytes() > 0) {
    std::memset(workspace.raw(), 0xFF, workspace.bytes());
  }
  std::vector<void*> input_memory;
  std::vector<void*> output_memory;
  for (const Tensor& input : inputs) input_memory.push_back(input.raw());
  for (const Tensor& output : outputs) output_memory.push_back(output.raw());
  kernel.run({.inputs = input_memory,
              .outputs = output_memory,
              .workspace = workspace.raw()});
  return outputs;
}

}  // namespace

void check_signature(const graph::Operation& operation,
                     const Signature& signature,
                     const std::vector<Tensor>& inputs, double tolerance) {
  const Kernel kernel = cpu::make_kernel(operation, signature);
  const auto expected =
      results(operation, reference::make_kernel(operation, signature),
              signature, inputs);
  const int threads = thread_count();
  set_thread_count(1);
  const auto actual = results(operation, kernel, signature, inputs);
  expect_like(actual, expected, tolerance);
  for (const int count : {2, 3}) {
    SCOPED_TRACE(concat(count, " threads"));
    set_thread_count(count);
    const auto again = results(operation, kernel, signature, inputs);
    expect_identical_all(again, actual, actual.size());
  }
  if (const auto taken = graph::in_place_input_of(operation, inputs.size())) {
    SCOPED_TRACE("in place");
    const auto outputs = results_in_place(*taken, kernel, signature, inputs);
    expect_identical_all(outputs, actual, outputs.size());
  }
  set_thread_count(threads);
}

std::vector<Tensor> kernel_outputs(const graph::Operation& operation,
                                   const std::vector<Tensor>& inputs) {
  const Signature signature = signature_of(operation, inputs);
  return run_kernel(cpu::make_kernel(operation, signature), signature, inputs);
}

}  // namespace lathe::testing
