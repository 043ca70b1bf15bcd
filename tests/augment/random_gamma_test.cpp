#include "augment/random_gamma.h"

#include <gtest/gtest.h>

#include "tests/augment/apply_one.h"

namespace lathe::augment {
namespace {

TEST(RandomGamma, RaisesToAPower) {
  const std::vector<float> seen =
      applied(RandomGamma{.factor = {1, 1}}, {0, 51, 102, 255}, 2);
  const std::vector<float> expected{0, 10.2F, 40.8F, 255};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(seen[i], expected[i], 1e-3);
}

TEST(RandomGamma, RefusesPowersNearZero) {
  EXPECT_THROW(Augmentation(RandomGamma{.factor = {-0.95, 0}}), Error);
}

}  // namespace
}  // namespace lathe::augment
