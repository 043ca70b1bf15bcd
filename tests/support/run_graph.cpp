#include "tests/support/run_graph.h"

#include <cstring>

#include "core/compiler/backend.h"
#include "core/error.h"

namespace lathe::testing {
namespace {

Tensor filled_with_nan(Shape shape, DType dtype) {
  Tensor tensor(std::move(shape), dtype);
  if (tensor.bytes() > 0) std::memset(tensor.raw(), 0xFF, tensor.bytes());
  return tensor;
}

std::vector<void*> memory_of(const std::vector<Tensor>& tensors) {
  std::vector<void*> memory;
  for (const Tensor& tensor : tensors) memory.push_back(tensor.raw());
  return memory;
}

void run(const Kernel& kernel, const std::vector<Tensor>& inputs,
         const std::vector<Tensor>& outputs) {
  const Tensor workspace = filled_with_nan(
      {static_cast<std::int64_t>(kernel.workspace_bytes)}, DType::uint8);
  const std::vector<void*> input_memory = memory_of(inputs);
  const std::vector<void*> output_memory = memory_of(outputs);
  kernel.run({.inputs = input_memory,
              .outputs = output_memory,
              .workspace = workspace.raw()});
}

}  // namespace

Signature signature_of(const graph::Operation& operation,
                       const std::vector<Tensor>& inputs) {
  Signature signature;
  for (const Tensor& input : inputs) signature.inputs.push_back(input.spec());
  signature.outputs = graph::output_specs(operation, signature.inputs);
  return signature;
}

std::vector<Tensor> run_kernel(const Kernel& kernel, const Signature& signature,
                               const std::vector<Tensor>& inputs) {
  std::vector<Tensor> outputs;
  for (const TensorSpec& spec : signature.outputs) {
    outputs.push_back(filled_with_nan(spec.shape, spec.dtype));
  }
  run(kernel, inputs, outputs);
  return outputs;
}

std::vector<Tensor> run_kernel_in_place(const Kernel& kernel,
                                        const Signature& signature,
                                        std::vector<Tensor> inputs,
                                        std::size_t input) {
  inputs[input] = inputs[input].clone();
  std::vector<Tensor> outputs{
      inputs[input].reshaped(signature.outputs[0].shape)};
  for (std::size_t i = 1; i < signature.outputs.size(); ++i) {
    const TensorSpec& spec = signature.outputs[i];
    outputs.push_back(filled_with_nan(spec.shape, spec.dtype));
  }
  run(kernel, inputs, outputs);
  return outputs;
}

std::map<graph::ValueId, Tensor> run_graph(
    const graph::Graph& graph, Device device,
    const std::map<graph::ValueId, Tensor>& given) {
  std::map<graph::ValueId, Tensor> values;
  for (const auto& [id, tensor] : given) {
    if (tensor.spec() != graph.value(id).spec) {
      fail("run_graph: '", graph.value(id).name, "' is ", graph.value(id).spec,
           " and was given ", tensor.spec());
    }
    values[id] = tensor.clone();
  }
  for (const graph::Node& node : graph.nodes()) {
    std::vector<Tensor> inputs;
    for (const graph::ValueId id : node.inputs) {
      if (values.find(id) == values.end()) {
        fail("run_graph: '", graph.value(id).name, "' is not given");
      }
      inputs.push_back(values[id]);
    }
    const Signature signature{.inputs = graph.specs(node.inputs),
                              .outputs = graph.specs(node.outputs)};
    const auto outputs = run_kernel(
        make_kernel(device, node.operation, signature), signature, inputs);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      values[node.outputs[i]] = outputs[i];
    }
  }
  return values;
}

}  // namespace lathe::testing
