#pragma once

#include <optional>
#include <vector>

#include "core/graph/operation.h"
#include "core/kernel.h"
#include "core/tensor.h"

namespace lathe::testing {

// What a test of kernels asks of a backend: cpu_kernel_check.cpp runs them on
// the CPU, tests/cuda_emulation/kernel_check.cpp those of CUDA in an emulation.

/// Fails the test unless the backend's kernel gives what the reference's gives,
/// in outputs and in inputs written in place: elements within `tolerance` times
/// (their own magnitude + the largest of their tensor). Also fails it unless
/// the bits are the same with one, two and three threads or in other orders of
/// threads, and where output 0 takes over the memory of an input.
void check_kernel(const graph::Operation& operation,
                  const std::vector<Tensor>& inputs, double tolerance);

/// Values of an operation that computes with bfloat16: the inputs rounded where
/// they are that. None where it never does.
struct RoundedValues {
  Signature signature;
  std::vector<Tensor> inputs;
};
std::optional<RoundedValues> in_bfloat16(const graph::Operation& operation,
                                         const std::vector<Tensor>& inputs);

/// What check_kernel adds to its tolerance for results made from bfloat16. A
/// result is rounded to it by 2^-9 of itself, and may be before its activation,
/// or before it is summed on: two values that are to be the same are then at
/// most 2 units of 2^-8 apart.
inline constexpr double kBfloat16Tolerance = 0x1p-7;

/// What check_kernel demands of results that may differ in rounding: elements
/// within `tolerance`, as above, where they are float32, and else the same.
void expect_like(const std::vector<Tensor>& actual,
                 const std::vector<Tensor>& expected, double tolerance);

/// The same bits in the first `count` of both.
void expect_identical_all(const std::vector<Tensor>& actual,
                          const std::vector<Tensor>& expected,
                          std::size_t count);

/// The outputs of the backend's kernel.
std::vector<Tensor> kernel_outputs(const graph::Operation& operation,
                                   const std::vector<Tensor>& inputs);

}  // namespace lathe::testing
