#include <gtest/gtest.h>

#include "core/cuda/backend.h"
#include "core/error.h"
#include "tests/support/run_graph.h"

// Where a build has CUDA and its machine no GPU, what needs one says so.
namespace lathe::cuda {
namespace {

std::string error_of(const graph::Operation& operation,
                     const std::vector<Tensor>& inputs) {
  try {
    make_kernel(operation, testing::signature_of(operation, inputs));
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(NoDevice, IsSaidWhereAKernelIsMade) {
  if (has_device()) GTEST_SKIP() << "there is a GPU";
  const auto convolution =
      error_of(graph::Convolution{.window = {.kernel = {3, 3}}, .filters = 8},
               {Tensor({1, 4, 4, 8}), Tensor({3, 3, 8, 8})});
  EXPECT_NE(convolution.find("no GPU"), std::string::npos) << convolution;
  const auto product =
      error_of(graph::MatrixProduct{}, {Tensor({2, 3}), Tensor({3, 2})});
  EXPECT_NE(product.find("no GPU"), std::string::npos) << product;
}

TEST(NoDevice, LeavesWorkToTheCpu) {
  if (has_device()) GTEST_SKIP() << "there is a GPU";
  EXPECT_EQ(device_from("auto"), Device::cpu);
}

}  // namespace
}  // namespace lathe::cuda
