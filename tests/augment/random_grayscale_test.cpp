#include "augment/random_grayscale.h"

#include <gtest/gtest.h>

#include "tests/augment/apply_one.h"

namespace lathe::augment {
namespace {

TEST(RandomGrayscale, WeighsTheChannels) {
  for (const float value :
       applied_rgb(RandomGrayscale{.p = 1}, {100, 10, 200})) {
    EXPECT_NEAR(value, 29.89 + 5.87 + 22.8, 1e-4);
  }
}

// Within five standard deviations of a binomial of 10,000 draws.
TEST(RandomGrayscale, HappensAsOftenAsItSays) {
  float count = 0;
  for (std::uint32_t sample = 0; sample < 10000; ++sample) {
    count += drawn(RandomGrayscale{.p = 0.2F}, 1, sample)[0];
  }
  EXPECT_NEAR(count, 2000, 200);
  EXPECT_THROW(Augmentation(RandomGrayscale{.p = 1.5F}), Error);
}

}  // namespace
}  // namespace lathe::augment
