#include <gtest/gtest.h>

#include "core/cpu/kernels.h"
#include "core/error.h"

namespace lathe::graph {
namespace {

TEST(CpuMatrixProduct, RefusesFloat64) {
  const Signature signature{
      .inputs = {{{2, 3}, DType::float64}, {{3, 4}, DType::float64}},
      .outputs = {{{2, 4}, DType::float64}}};
  EXPECT_THROW(cpu::make(MatrixProduct{}, signature), Error);
}

}  // namespace
}  // namespace lathe::graph
