#include "augment/resize.h"

#include <gtest/gtest.h>

#include "tests/augment/shown.h"

namespace lathe::augment {
namespace {

TEST(Resize, EdgesGoToEdges) {
  const ImageSize size{.height = 1, .width = 4};
  const Resize resize{.size = {.height = 1, .width = 8}};
  const Tensor seen = Geometry(resize, {}, size).shown(counting(size));
  const auto values = seen.values<float>();
  EXPECT_EQ(
      std::vector<float>(values.begin(), values.end()),
      (std::vector<float>{0, 0.25F, 0.75F, 1.25F, 1.75F, 2.25F, 2.75F, 3}));
}

TEST(Resize, SpotsMove) {
  expect_spots_move(Resize{.size = {.height = 61, .width = 47}}, {},
                    {.height = 41, .width = 33});
}

TEST(Resize, RefusesNoSize) {
  EXPECT_THROW(Augmentation(Resize{.size = {.height = 3, .width = -1}}), Error);
}

}  // namespace
}  // namespace lathe::augment
