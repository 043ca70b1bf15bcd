#pragma once

#include <vector>

#include "core/graph/operation.h"
#include "core/tensor.h"

namespace lathe::testing {

/// Fails the test unless the CPU's kernel gives what the reference's gives, in
/// outputs and in inputs written in place: elements within `tolerance` times
/// (their own magnitude + the largest of their tensor). Also fails it unless
/// the bits are the same with one, two and three threads, and where output 0
/// takes over the memory of an input.
void check_on_cpu(const graph::Operation& operation,
                  const std::vector<Tensor>& inputs, double tolerance);

/// The outputs of the CPU's kernel.
std::vector<Tensor> run_on_cpu(const graph::Operation& operation,
                               const std::vector<Tensor>& inputs);

}  // namespace lathe::testing
