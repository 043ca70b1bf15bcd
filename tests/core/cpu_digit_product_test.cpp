// Products in float32 as six of integers.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/cpu/digit_product.h"
#include "core/cpu/target.h"
#include "tests/core/kernel_check.h"
#include "tests/core/skip_without_tiles.h"
#include "tests/support/random.h"

namespace lathe::cpu {
namespace {

using testing::kFloat;
using testing::random_tensor;

struct Problem {
  std::int64_t rows;
  std::int64_t inner;
  std::int64_t columns;
  bool transposed;
  bool starts;
  bool adds;
};

// Memory whose bytes are those of numbers that are none.
Tensor undefined(std::int64_t bytes) {
  Tensor result({bytes}, DType::uint8);
  std::fill_n(result.data<std::uint8_t>(), bytes, std::uint8_t{0xFF});
  return result;
}

std::byte* bytes_of(Tensor& tensor) {
  return reinterpret_cast<std::byte*>(tensor.data<std::uint8_t>());
}

// b: (inner, columns), or (columns, inner).
Tensor arranged(const DigitProduct& product, const Tensor& b, bool transposed) {
  Tensor result = undefined(product.b_bytes());
  const std::int64_t row_step = transposed ? 1 : b.shape()[1];
  const std::int64_t column_step = transposed ? b.shape()[1] : 1;
  for (std::int64_t part = 0; part < product.parts(); ++part) {
    product.arrange(part,
                    b.data<float>() + part * DigitProduct::kPart * column_step,
                    row_step, column_step, bytes_of(result));
  }
  return result;
}

// Fails unless the product is that of double precision but for the integers'
// roundings, half a unit of 2^-23 of the largest of its row or column each, for
// the products of digits that are left out, as much again of both, and for what
// float32 rounds at the end.
void check(const Problem& p, const Tensor& a, const Tensor& b) {
  SCOPED_TRACE(::testing::Message()
               << p.rows << " rows of " << p.inner << ", " << p.columns
               << (p.transposed ? " columns, transposed" : " columns"));
  const Tensor start = random_tensor({p.columns}, kFloat, 3);
  const Tensor r = random_tensor({p.rows, p.columns}, kFloat, 4);
  const DigitProduct product(p.inner, p.columns);
  Tensor weights = arranged(product, b, p.transposed);
  Tensor workspace = undefined(product.workspace_bytes());
  const auto count = static_cast<std::size_t>(p.rows * p.columns);
  std::vector<float> c(count + 1, NAN);
  product.run({.rows = p.rows,
               .a = a.data<float>(),
               .b = bytes_of(weights),
               .start = p.starts ? start.data<float>() : nullptr,
               .r = p.adds ? r.data<float>() : nullptr,
               .c = c.data()},
              bytes_of(workspace));
  ASSERT_TRUE(std::isnan(c[count])) << "written behind the end";
  double errors = 0;
  double squares = 0;
  for (std::int64_t i = 0; i < p.rows; ++i) {
    for (std::int64_t j = 0; j < p.columns; ++j) {
      double sum = 0;
      double largest_a = 0;
      double largest_b = 0;
      for (std::int64_t k = 0; k < p.inner; ++k) {
        const double x = a.data<float>()[i * p.inner + k];
        const double y =
            b.data<float>()[p.transposed ? j * p.inner + k : k * p.columns + j];
        sum += x * y;
        largest_a = std::max(largest_a, std::abs(x));
        largest_b = std::max(largest_b, std::abs(y));
      }
      squares += sum * sum;
      double magnitude = std::abs(sum);
      for (const auto& [there, value] :
           {std::pair{p.starts, start.data<float>()[j]},
            std::pair{p.adds, r.data<float>()[i * p.columns + j]}}) {
        if (!there) continue;
        sum += value;
        magnitude += std::abs(value);
      }
      const double error = c[static_cast<std::size_t>(i * p.columns + j)] - sum;
      const auto terms = static_cast<double>(p.inner);
      ASSERT_LE(std::abs(error),
                terms * 0x1p-22 * largest_a * largest_b + 0x1p-21 * magnitude)
          << i << ", " << j;
      errors += error * error;
    }
  }
  EXPECT_LE(std::sqrt(errors / squares), 6e-7);
}

void check(const Problem& p) {
  check(p, random_tensor({p.rows, p.inner}, kFloat, 1),
        random_tensor(p.transposed ? Shape{p.columns, p.inner}
                                   : Shape{p.inner, p.columns},
                      kFloat, 2));
}

// Whole tiles and parts of them, one or two of rows; chunks that need zeros
// behind them.
TEST(CpuDigitProduct, IsThatOfFloat32) {
  SKIP_WITHOUT_TILES();
  for (const auto& [rows, inner, columns] :
       {std::tuple{32, 64, 32}, std::tuple{16, 8, 16}, std::tuple{33, 33, 33},
        std::tuple{1, 100, 40}, std::tuple{70, 17, 24}, std::tuple{48, 65, 8},
        std::tuple{31, 480, 80}, std::tuple{98, 144, 100}}) {
    for (const bool transposed : {false, true}) {
      check({rows, inner, columns, transposed, transposed, false});
      check({rows, inner, columns, transposed, true, true});
    }
  }
}

// Every row and column has its own unit: magnitudes from next to nothing to
// nearly what float32 can hold, rows of zeros and of one value among them.
TEST(CpuDigitProduct, ScalesEachRowAndColumn) {
  SKIP_WITHOUT_TILES();
  constexpr std::int64_t kInner = 70;
  Tensor a = random_tensor({40, kInner}, kFloat, 1);
  Tensor b = random_tensor({kInner, 20}, kFloat, 2);
  for (std::int64_t i = 0; i < 40; ++i) {
    for (std::int64_t k = 0; k < kInner; ++k) {
      float& x = a.data<float>()[i * kInner + k];
      x *= std::ldexp(1.0F, static_cast<int>(i % 8) * 15 - 55);
      if (i == 3) x = 0;
      if (i == 4) x = k == 5 ? -7.0F : 0.0F;
    }
  }
  for (std::int64_t k = 0; k < kInner; ++k) {
    for (std::int64_t j = 0; j < 20; ++j) {
      b.data<float>()[k * 20 + j] *=
          std::ldexp(1.0F, static_cast<int>(j) * 6 - 60);
    }
  }
  const DigitProduct product(kInner, 20);
  Tensor weights = arranged(product, b, false);
  Tensor workspace = undefined(product.workspace_bytes());
  std::vector<float> c(800);
  product.run(
      {.rows = 40, .a = a.data<float>(), .b = bytes_of(weights), .c = c.data()},
      bytes_of(workspace));
  for (std::int64_t i = 0; i < 40; ++i) {
    for (std::int64_t j = 0; j < 20; ++j) {
      double sum = 0;
      double magnitude = 0;
      for (std::int64_t k = 0; k < kInner; ++k) {
        const double term = double{a.data<float>()[i * kInner + k]} *
                            b.data<float>()[k * 20 + j];
        sum += term;
        magnitude = std::max(magnitude, std::abs(term));
      }
      EXPECT_NEAR(c[static_cast<std::size_t>(i * 20 + j)], sum,
                  magnitude * 1e-5)
          << i << ", " << j;
    }
  }
}

// A row's results are the same with whichever others it is computed.
TEST(CpuDigitProduct, ComputesEachRowForItself) {
  SKIP_WITHOUT_TILES();
  const Tensor a = random_tensor({45, 100}, kFloat, 1);
  const Tensor b = random_tensor({100, 50}, kFloat, 2);
  const DigitProduct product(100, 50);
  Tensor weights = arranged(product, b, false);
  Tensor workspace = undefined(product.workspace_bytes());
  std::vector<float> all(45 * 50);
  std::vector<float> alone(45 * 50);
  const auto run = [&](std::int64_t first, std::int64_t rows, float* c) {
    product.run({.rows = rows,
                 .a = a.data<float>() + first * 100,
                 .b = bytes_of(weights),
                 .c = c + first * 50},
                bytes_of(workspace));
  };
  run(0, 45, all.data());
  for (std::int64_t row = 0; row < 45; ++row) run(row, 1, alone.data());
  EXPECT_EQ(all, alone);
}

// Panels of 16 rows with room between them; whole tiles of rows and not.
TEST(CpuDigitProduct, TakesATransposed) {
  SKIP_WITHOUT_TILES();
  for (const auto& [rows, inner] :
       {std::pair{64, 64}, std::pair{17, 130}, std::pair{45, 20}}) {
    const std::int64_t columns = 24;
    const Tensor a = random_tensor({rows, inner}, kFloat, 1);
    const DigitProduct product(inner, columns);
    Tensor weights =
        arranged(product, random_tensor({inner, columns}, kFloat, 2), false);
    Tensor workspace = undefined(product.workspace_bytes());
    const std::int64_t panel = (inner + 1) * DigitProduct::kPart;
    std::vector<float> panels(static_cast<std::size_t>(4 * panel), NAN);
    for (std::int64_t i = 0; i < rows; ++i) {
      for (std::int64_t k = 0; k < inner; ++k) {
        panels[static_cast<std::size_t>(
            i / DigitProduct::kPart * panel + k * DigitProduct::kPart +
            i % DigitProduct::kPart)] = a.data<float>()[i * inner + k];
      }
    }
    std::vector<float> expected(static_cast<std::size_t>(rows * columns));
    std::vector<float> actual(expected.size());
    product.run({.rows = rows,
                 .a = a.data<float>(),
                 .b = bytes_of(weights),
                 .c = expected.data()},
                bytes_of(workspace));
    product.run({.rows = rows,
                 .a = panels.data(),
                 .b = bytes_of(weights),
                 .c = actual.data()},
                {.step = DigitProduct::kPart, .panel = panel},
                bytes_of(workspace));
    EXPECT_EQ(actual, expected) << rows << " rows of " << inner;
  }
}

TEST(CpuDigitProduct, HidesNoDivergence) {
  SKIP_WITHOUT_TILES();
  const DigitProduct product(16, 16);
  Tensor ones({16, 16}, kFloat);
  std::fill_n(ones.data<float>(), 256, 1.0F);
  for (const float value : {NAN, -NAN, INFINITY, -INFINITY}) {
    Tensor spoilt({16, 16}, kFloat);
    std::fill_n(spoilt.data<float>(), 256, 1.0F);
    spoilt.data<float>()[5 * 16 + 3] = value;
    const auto products = [&](const Tensor& a, const Tensor& b) {
      Tensor weights = arranged(product, b, false);
      Tensor workspace = undefined(product.workspace_bytes());
      std::vector<float> c(256);
      product.run({.rows = 16,
                   .a = a.data<float>(),
                   .b = bytes_of(weights),
                   .c = c.data()},
                  bytes_of(workspace));
      return c;
    };
    const auto by_row = products(spoilt, ones);
    const auto by_column = products(ones, spoilt);
    for (std::size_t i = 0; i < 256; ++i) {
      EXPECT_EQ(std::isfinite(by_row[i]), i / 16 != 5) << value << " at " << i;
      EXPECT_EQ(std::isfinite(by_column[i]), i % 16 != 3)
          << value << " at " << i;
    }
  }
}

TEST(CpuDigitProduct, LeavesWhatIsSmall) {
  EXPECT_FALSE(DigitProduct::serves(31, 256, 256));
  EXPECT_FALSE(DigitProduct::serves(32, 32, 1024));
  EXPECT_FALSE(DigitProduct::serves(32, 1024, 32));
  EXPECT_FALSE(DigitProduct::serves(32, 100, 100));
  EXPECT_FALSE(DigitProduct::serves(32, DigitProduct::kLongest + 1, 100));
  EXPECT_EQ(DigitProduct::serves(32, 256, 256), has_tiles());
}

}  // namespace
}  // namespace lathe::cpu
