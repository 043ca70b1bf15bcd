#pragma once

#include <map>
#include <vector>

#include "core/device.h"
#include "core/graph/graph.h"
#include "core/kernel.h"
#include "core/tensor.h"

namespace lathe::testing {

/// What a kernel of this operation is built for with these inputs.
Signature signature_of(const graph::Operation& operation,
                       const std::vector<Tensor>& inputs);

/// Runs a kernel once and returns its outputs. Outputs and workspace start as
/// NaN, so what a kernel leaves out is seen. Inputs that the operation writes
/// are changed.
std::vector<Tensor> run_kernel(const Kernel& kernel, const Signature& signature,
                               const std::vector<Tensor>& inputs);

/// The same with output 0 in the memory of (a copy of) one input, as
/// graph::in_place_input_of allows.
std::vector<Tensor> run_kernel_in_place(const Kernel& kernel,
                                        const Signature& signature,
                                        std::vector<Tensor> inputs,
                                        std::size_t input);

/// Runs a graph node after node, every value in a tensor of its own, without
/// passes or memory plan. `given` holds inputs, weights and states, which are
/// copied. Returns all values, those written in place as they are at the end.
std::map<graph::ValueId, Tensor> run_graph(
    const graph::Graph& graph, Device device,
    const std::map<graph::ValueId, Tensor>& given);

}  // namespace lathe::testing
