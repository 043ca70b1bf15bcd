#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "core/cuda/backend.h"
#include "core/cuda/memory.h"
#include "core/error.h"
#include "core/reference/kernels.h"
#include "tests/core/kernel_check.h"
#include "tests/support/run_graph.h"

namespace lathe::testing {
namespace {

using Bytes = std::vector<std::uint8_t>;

// A tensor in a GPU's memory between two margins that nobody may touch.
class Guarded {
 public:
  explicit Guarded(const TensorSpec& spec)
      : spec_(spec), memory_(cuda::device_memory(spec.bytes() + 2 * kMargin)) {
    Bytes bytes(spec.bytes() + 2 * kMargin, kUntouched);
    std::memset(bytes.data() + kMargin, 0xFF, spec.bytes());
    cuda::upload(memory_.get(), bytes.data(), bytes.size());
  }
  explicit Guarded(const Tensor& tensor) : Guarded(tensor.spec()) {
    cuda::upload(address(), tensor.raw(), tensor.bytes());
  }

  void* address() const {
    return static_cast<std::byte*>(memory_.get()) + kMargin;
  }
  // Looks at the margins, too.
  Tensor contents() const {
    Bytes bytes(spec_.bytes() + 2 * kMargin);
    cuda::download(bytes.data(), memory_.get(), bytes.size());
    const auto untouched = [](std::uint8_t x) { return x == kUntouched; };
    EXPECT_TRUE(std::all_of(bytes.begin(), bytes.begin() + kMargin, untouched))
        << "written before a tensor " << spec_;
    EXPECT_TRUE(std::all_of(bytes.end() - kMargin, bytes.end(), untouched))
        << "written beyond a tensor " << spec_;
    return Tensor(spec_, bytes.data() + kMargin, nullptr).clone();
  }

 private:
  static constexpr std::ptrdiff_t kMargin = 4096;
  static constexpr std::uint8_t kUntouched = 0xA5;

  TensorSpec spec_;
  std::shared_ptr<void> memory_;
};

using GuardedTensors = std::vector<std::unique_ptr<Guarded>>;

// Outputs, and after them all inputs, of a kernel run on the GPU; output 0 in
// the memory of input `taken` if there is one.
std::vector<Tensor> run(const Kernel& kernel, const Signature& signature,
                        const std::vector<Tensor>& given,
                        std::optional<std::size_t> taken = {}) {
  GuardedTensors inputs;
  GuardedTensors outputs;
  std::vector<void*> input_memory;
  std::vector<void*> output_memory;
  for (const Tensor& tensor : given) {
    inputs.push_back(std::make_unique<Guarded>(tensor));
    input_memory.push_back(inputs.back()->address());
  }
  for (const TensorSpec& spec : signature.outputs) {
    outputs.push_back(std::make_unique<Guarded>(spec));
    output_memory.push_back(outputs.back()->address());
  }
  if (taken) output_memory[0] = input_memory[*taken];
  const Guarded workspace(TensorSpec{
      {static_cast<std::int64_t>(kernel.workspace_bytes)}, DType::uint8});
  kernel.run({.inputs = input_memory,
              .outputs = output_memory,
              .workspace = workspace.address(),
              .stream = cuda::stream()});
  std::vector<Tensor> results;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const bool elsewhere = i == 0 && taken;
    const Tensor contents =
        (elsewhere ? inputs[*taken] : outputs[i])->contents();
    const TensorSpec& spec = signature.outputs[i];
    results.push_back(Tensor(spec, contents.raw(), nullptr).clone());
  }
  for (const auto& input : inputs) results.push_back(input->contents());
  workspace.contents();
  return results;
}

// By the reference, on the host: outputs, and after them all inputs.
std::vector<Tensor> expected_of(const graph::Operation& operation,
                                const Signature& signature,
                                const std::vector<Tensor>& given) {
  std::vector<Tensor> inputs;
  for (const Tensor& tensor : given) inputs.push_back(tensor.clone());
  std::vector<Tensor> results = run_kernel(
      reference::make_kernel(operation, signature), signature, inputs);
  results.insert(results.end(), inputs.begin(), inputs.end());
  return results;
}

}  // namespace

// Instead of threads of the processor, one run after the other.
void check_signature(const graph::Operation& operation,
                     const Signature& signature,
                     const std::vector<Tensor>& inputs, double tolerance) {
  const Kernel kernel = cuda::make_kernel(operation, signature);
  const auto actual = run(kernel, signature, inputs);
  const auto expected = expected_of(operation, signature, inputs);
  expect_like(actual, expected, tolerance);
  {
    SCOPED_TRACE("again");
    expect_identical_all(run(kernel, signature, inputs), actual, actual.size());
  }
  if (const auto taken = graph::in_place_input_of(operation, inputs.size())) {
    SCOPED_TRACE("in place");
    auto in_place = run(kernel, signature, inputs, taken);
    in_place.resize(signature.outputs.size());
    if (kernel.implementation == "cublaslt") {
      // It rounds sums before it adds to what is there.
      expect_like(in_place, expected, tolerance);
    } else {
      expect_identical_all(in_place, actual, in_place.size());
    }
  }
}

std::vector<Tensor> kernel_outputs(const graph::Operation& operation,
                                   const std::vector<Tensor>& inputs) {
  const Signature signature = signature_of(operation, inputs);
  std::vector<Tensor> results =
      run(cuda::make_kernel(operation, signature), signature, inputs);
  results.resize(signature.outputs.size());
  return results;
}

}  // namespace lathe::testing
