#include "augment/center_crop.h"

#include <gtest/gtest.h>

#include "tests/augment/shown.h"

namespace lathe::augment {
namespace {

// As Keras' layer: of an odd rest, the smaller half is above.
TEST(CenterCrop, ShowsTheMiddle) {
  const ImageSize size{.height = 6, .width = 7};
  const CenterCrop crop{.size = {.height = 3, .width = 3}};
  const Tensor seen = Geometry(crop, {}, size).shown(counting(size));
  EXPECT_EQ(seen.shape(), (Shape{1, 3, 3, 1}));
  EXPECT_EQ(seen.values<float>()[0], 1 * 7 + 2);
  EXPECT_EQ(seen.values<float>()[8], 3 * 7 + 4);
}

TEST(CenterCrop, RefusesSmallerImages) {
  EXPECT_THROW(CenterCrop{}.output_size({.height = 300, .width = 223}), Error);
}

}  // namespace
}  // namespace lathe::augment
