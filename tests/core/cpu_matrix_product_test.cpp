#include <gtest/gtest.h>

#include <tuple>

#include "core/cpu/kernels.h"
#include "core/error.h"
#include "tests/core/kernel_check.h"
#include "tests/support/random.h"

namespace lathe::graph {
namespace {

// As for gradients of weights, each of which is a sum over all pixels.
TEST(CpuMatrixProduct, SumsOverManyRows) {
  for (const auto& [rows, a, b] :
       {std::tuple{3001, 17, 24}, std::tuple{2048, 64, 51},
        std::tuple{4099, 33, 64}, std::tuple{720, 51, 17}}) {
    testing::check_kernel(
        MatrixProduct{.transpose_a = true},
        {testing::random_tensor({rows, a}, testing::kFloat, 1),
         testing::random_tensor({rows, b}, testing::kFloat, 2)},
        // A random walk of at most 4099 roundings, four deviations.
        1.6e-5);
  }
}

TEST(CpuMatrixProduct, RefusesFloat64) {
  const Signature signature{
      .inputs = {{{2, 3}, DType::float64}, {{3, 4}, DType::float64}},
      .outputs = {{{2, 4}, DType::float64}}};
  EXPECT_THROW(cpu::make(MatrixProduct{}, signature), Error);
}

}  // namespace
}  // namespace lathe::graph
