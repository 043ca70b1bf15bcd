#include "augment/pad.h"

#include <gtest/gtest.h>

#include "tests/augment/shown.h"

namespace lathe::augment {
namespace {

TEST(Pad, PutsTheImageIntoTheMiddle) {
  const ImageSize size{.height = 2, .width = 3};
  const Pad pad{.size = {.height = 5, .width = 4}, .fill_value = 0.5F};
  const Tensor seen = Geometry(pad, {}, size).shown(counting(size));
  const auto values = seen.values<float>();
  EXPECT_EQ(seen.shape(), (Shape{1, 5, 4, 1}));
  EXPECT_EQ(std::vector<float>(values.begin(), values.end()),
            (std::vector<float>{0.5F, 0.5F, 0.5F, 0.5F,  //
                                0,    1,    2,    0.5F,  //
                                3,    4,    5,    0.5F,  //
                                0.5F, 0.5F, 0.5F, 0.5F,  //
                                0.5F, 0.5F, 0.5F, 0.5F}));
}

TEST(Pad, LeavesLargerImagesAlone) {
  const ImageSize size{.height = 9, .width = 3};
  const Pad pad{.size = {.height = 5, .width = 4}};
  EXPECT_EQ(pad.output_size(size), (ImageSize{.height = 9, .width = 4}));
  EXPECT_EQ(pad.matrix({}, size).m[5], 0);
}

}  // namespace
}  // namespace lathe::augment
