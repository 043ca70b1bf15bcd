#include "core/tensor.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace lathe {
namespace {

TEST(Tensor, StartsAsZerosAndSharesItsMemoryWithCopies) {
  const Tensor tensor({2, 3});
  for (const float value : tensor.values<float>()) EXPECT_EQ(value, 0.0F);
  const Tensor copy = tensor;
  copy.values<float>()[4] = 5;
  EXPECT_EQ(tensor.values<float>()[4], 5.0F);
  const Tensor clone = tensor.clone();
  clone.values<float>()[4] = 6;
  EXPECT_EQ(tensor.values<float>()[4], 5.0F);
}

TEST(Tensor, RowsAreAView) {
  const auto tensor = Tensor::from<std::int32_t>({3, 2}, {1, 2, 3, 4, 5, 6});
  const Tensor rows = tensor.rows(1, 2);
  EXPECT_EQ(rows.shape(), (Shape{2, 2}));
  EXPECT_EQ(rows.values<std::int32_t>()[0], 3);
  EXPECT_THROW((void)tensor.rows(2, 2), Error);
}

TEST(Tensor, RefusesMoreElementsThanCanBeCounted) {
  const std::int64_t large = std::int64_t{1} << 40;
  EXPECT_EQ(Shape({large, 1 << 20}).elements(), std::int64_t{1} << 60);
  EXPECT_THROW((void)Shape({large, 1 << 21}).elements(), Error);
  EXPECT_THROW(Tensor({large, large}), Error);
}

TEST(Tensor, RefusesAnotherTypeOrExtent) {
  const Tensor tensor({2, 3});
  EXPECT_THROW((void)tensor.values<std::uint8_t>(), Error);
  EXPECT_THROW((void)tensor.reshaped({7}), Error);
  EXPECT_THROW(tensor.copy_from(Tensor({3, 2})), Error);
}

}  // namespace
}  // namespace lathe
