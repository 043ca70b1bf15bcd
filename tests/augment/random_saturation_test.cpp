#include "augment/random_saturation.h"

#include <gtest/gtest.h>

#include "tests/augment/apply_one.h"

namespace lathe::augment {
namespace {

// The largest channel stays and the others move away from it or to it.
TEST(RandomSaturation, MultipliesTheSaturation) {
  const Factor half(-0.5, -0.5);
  EXPECT_EQ(applied_rgb(RandomSaturation{.factor = half}, {200, 100, 0}),
            (std::vector<float>{200, 150, 100}));
  EXPECT_EQ(applied_rgb(RandomSaturation{.factor = {-1, -1}}, {200, 100, 0}),
            (std::vector<float>{200, 200, 200}));
  // As far as a channel reaches black.
  EXPECT_EQ(applied_rgb(RandomSaturation{.factor = {9, 9}}, {200, 100, 150}),
            (std::vector<float>{200, 0, 100}));
  EXPECT_EQ(applied_rgb(RandomSaturation{.factor = {9, 9}}, {70, 70, 70}),
            (std::vector<float>{70, 70, 70}));
}

TEST(RandomSaturation, GreyImagesStayAndFourChannelsAreRefused) {
  EXPECT_EQ(applied(RandomSaturation{.factor = {1, 1}}, {1, 2, 3, 4}, 2),
            (std::vector<float>{1, 2, 3, 4}));
  const Tensor images({1, 2, 2, 4});
  const std::uint32_t id = 0;
  EXPECT_THROW(Pipeline({RandomSaturation{}})
                   .apply({.images = images, .masks = {}},
                          {.seed = 0, .epoch = 0, .sample_ids = {&id, 1}},
                          {.images = images.clone(), .masks = {}}),
               Error);
}

TEST(RandomSaturation, RefusesLessThanGrey) {
  EXPECT_THROW(Augmentation(RandomSaturation{.factor = {-1.5, 0}}), Error);
}

}  // namespace
}  // namespace lathe::augment
