#include "augment/box_format.h"

#include <gtest/gtest.h>

namespace lathe::augment {
namespace {

using Numbers = std::array<double, 4>;

// A box of an image of 20 x 40 pixels in every format.
TEST(BoxFormat, ConvertsBothWays) {
  const ImageSize size{.height = 20, .width = 40};
  const std::pair<BoxNumbers, Numbers> all[] = {
      {{.format = BoxFormat::xyxy}, {10, 5, 30, 10}},
      {{.format = BoxFormat::xywh}, {10, 5, 20, 5}},
      {{.format = BoxFormat::cxcywh}, {20, 7.5, 20, 5}},
      {{.format = BoxFormat::xyxy, .relative_to = size},
       {0.25, 0.25, 0.75, 0.5}},
      {{.format = BoxFormat::xywh, .relative_to = size},
       {0.25, 0.25, 0.5, 0.25}},
      {{.format = BoxFormat::cxcywh, .relative_to = size},
       {0.5, 0.375, 0.5, 0.25}}};
  for (const auto& [how, numbers] : all) {
    const Box box = box_from(numbers, how);
    EXPECT_EQ(box.x0, 10);
    EXPECT_EQ(box.y0, 5);
    EXPECT_EQ(box.x1, 30);
    EXPECT_EQ(box.y1, 10);
    EXPECT_EQ(numbers_of(box, how), numbers);
  }
}

}  // namespace
}  // namespace lathe::augment
