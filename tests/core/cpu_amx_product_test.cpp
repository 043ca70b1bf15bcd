#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/cpu/amx_product.h"
#include "tests/support/random.h"

namespace lathe::cpu {
namespace {

std::vector<BFloat16> random_values(std::int64_t count, std::uint32_t seed) {
  const Tensor values = testing::random_tensor({count}, DType::float32, seed);
  std::vector<BFloat16> result;
  for (const float value : values.values<float>()) {
    result.emplace_back(value);
  }
  return result;
}

// Whole tiles and parts of them, one tile across and several.
TEST(CpuAmxProduct, SumsProductsOfPairs) {
  if (!has_amx_product(16, 4)) {
    GTEST_SKIP() << "the processor has no tiles, or the system keeps them";
  }
  for (const auto& [rows, columns, inner] :
       {std::tuple{16, 16, 16}, std::tuple{1, 48, 4}, std::tuple{56, 144, 12},
        std::tuple{17, 17, 20}, std::tuple{28, 240, 20}, std::tuple{5, 96, 8},
        std::tuple{112, 96, 8}, std::tuple{37, 70, 56}}) {
    SCOPED_TRACE(::testing::Message() << rows << " rows of " << inner
                                      << " pairs, " << columns << " columns");
    ASSERT_TRUE(has_amx_product(columns, inner));
    for (const bool starts : {false, true}) {
      const int a_row = 2 * inner + 6;
      const auto a = random_values(rows * a_row, 1);
      const auto b = random_values(inner * columns * 2, 2);
      const Tensor start = testing::random_tensor({columns}, DType::float32, 3);
      std::vector<BFloat16> c(static_cast<std::size_t>(rows * columns),
                              BFloat16(NAN));
      amx_product({.rows = rows,
                   .columns = columns,
                   .inner = inner,
                   .a = a.data(),
                   .a_row = a_row,
                   .b = b.data(),
                   .start = starts ? start.data<float>() : nullptr,
                   .c = c.data()});
      for (int r = 0; r < rows; ++r) {
        for (int j = 0; j < columns; ++j) {
          double sum = starts ? start.data<float>()[j] : 0;
          for (int k = 0; k < inner; ++k) {
            for (int i = 0; i < 2; ++i) {
              sum += double{a[r * a_row + 2 * k + i]} *
                     double{b[(k * columns + j) * 2 + i]};
            }
          }
          // Rounded once, by half of 2^-8, from a sum in float32.
          ASSERT_NEAR(c[r * columns + j], sum, std::abs(sum) * 0x1p-8 + 1e-5)
              << r << ", " << j;
        }
      }
    }
  }
}

TEST(CpuAmxProduct, LeavesWhatFillsNoTile) {
  EXPECT_FALSE(has_amx_product(15, 16));
  EXPECT_FALSE(has_amx_product(16, 3));
  // Parts of one pair.
  EXPECT_FALSE(has_amx_product(16, 17));
  EXPECT_FALSE(has_amx_product(16, 0));
}

}  // namespace
}  // namespace lathe::cpu
