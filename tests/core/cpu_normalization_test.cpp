#include <gtest/gtest.h>

#include "tests/core/kernel_check.h"
#include "tests/support/random.h"

namespace lathe::graph {
namespace {

using testing::check_kernel;
using testing::kFloat;
using testing::random_tensor;

// Outputs of 16 MiB and more are written past the caches.
TEST(CpuNormalization, WritesLargeOutputs) {
  // As in kernel_normalization_test.cpp.
  constexpr double kTolerance = 5e-6;
  const auto x = random_tensor({3, 333, 107, 40}, kFloat, 1, -1, 3);
  const auto gamma = random_tensor({40}, kFloat, 2, 0.5, 1.5);
  const auto beta = random_tensor({40}, kFloat, 3);
  check_kernel(BatchNormalization{.activation = ActivationKind::relu},
               {x, gamma, beta}, kTolerance);
  check_kernel(FixedNormalization{}, {x, gamma, beta, beta, gamma}, kTolerance);
}

}  // namespace
}  // namespace lathe::graph
