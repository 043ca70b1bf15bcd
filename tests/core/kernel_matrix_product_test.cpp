#include <gtest/gtest.h>

#include <cmath>

#include "core/graph/operation.h"
#include "tests/core/kernel_check.h"
#include "tests/support/random.h"

namespace lathe::graph {
namespace {

using testing::check_kernel;
using testing::kFloat;
using testing::random_tensor;

struct Case {
  std::int64_t rows;
  std::int64_t inner;
  std::int64_t columns;
};

TEST(KernelMatrixProduct, AgreesWithTheReference) {
  for (const auto& [rows, inner, columns] : std::vector<Case>{{16, 64, 32},
                                                              {1, 1, 1},
                                                              {7, 13, 5},
                                                              {1, 100, 33},
                                                              {129, 3, 1},
                                                              {33, 257, 70}}) {
    for (const bool transpose_a : {false, true}) {
      for (const bool transpose_b : {false, true}) {
        const MatrixProduct product{.transpose_a = transpose_a,
                                    .transpose_b = transpose_b};
        const auto a = random_tensor(
            transpose_a ? Shape{inner, rows} : Shape{rows, inner}, kFloat, 1);
        const auto b = random_tensor(
            transpose_b ? Shape{columns, inner} : Shape{inner, columns}, kFloat,
            2);
        // As for convolutions: a random walk of roundings, four deviations.
        const double tolerance =
            4 * std::ldexp(1.0, -24) * std::sqrt(static_cast<double>(inner));
        check_kernel(product, {a, b}, tolerance);
        check_kernel(product, {a, b, random_tensor({columns}, kFloat, 3)},
                     tolerance);
      }
    }
  }
}

}  // namespace
}  // namespace lathe::graph
