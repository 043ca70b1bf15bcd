#pragma once

#include <optional>
#include <vector>

#include "core/graph/operation.h"
#include "core/kernel.h"
#include "core/tensor.h"

namespace lathe::testing {

// What a test of kernels asks of a backend: cpu_kernel_check.cpp runs them on
// the CPU, tests/cuda_emulation/kernel_check.cpp those of CUDA in an emulation.

inline constexpr auto kFloat = DType::float32;

/// Fails the test unless the backend's kernel gives what the reference's gives,
/// in outputs and in inputs written in place: elements within `tolerance` times
/// (their own magnitude + the largest of their tensor). Also fails it unless
/// the bits are the same with one, two and three threads or in other orders of
/// threads, and where output 0 takes over the memory of an input. Where the
/// operation computes with bfloat16 too, the same of that, whose results may be
/// further apart.
void check_kernel(const graph::Operation& operation,
                  const std::vector<Tensor>& inputs, double tolerance);

/// The same for values of one signature: what differs between backends.
void check_signature(const graph::Operation& operation,
                     const Signature& signature,
                     const std::vector<Tensor>& inputs, double tolerance);

/// Values of an operation that computes with bfloat16.
struct RoundedValues {
  Signature signature;
  std::vector<Tensor> inputs;
};

/// The inputs rounded where they are bfloat16; none where none ever is.
std::optional<RoundedValues> in_bfloat16(const graph::Operation& operation,
                                         const std::vector<Tensor>& inputs);

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
