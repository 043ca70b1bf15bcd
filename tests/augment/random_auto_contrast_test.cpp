#include "augment/random_auto_contrast.h"

#include <gtest/gtest.h>

#include "tests/augment/apply_one.h"
#include "tests/augment/distribution.h"

namespace lathe::augment {
namespace {

TEST(RandomAutoContrast, StretchesFromBlackToWhite) {
  EXPECT_EQ(applied(RandomAutoContrast{.p = 1}, {50, 101, 50, 152}, 2),
            (std::vector<float>{0, 127.5F, 0, 255}));
  EXPECT_EQ(applied(RandomAutoContrast{.p = 0}, {50, 101, 50, 152}, 2),
            (std::vector<float>{50, 101, 50, 152}));
}

TEST(RandomAutoContrast, AChannelOfOneValueStays) {
  EXPECT_EQ(applied_rgb(RandomAutoContrast{.p = 1}, {7, 10, 0, 7, 20, 255}),
            (std::vector<float>{7, 0, 0, 7, 255, 255}));
}

TEST(RandomAutoContrast, IsDoneAsOftenAsTold) {
  const auto done = column(many_drawn(RandomAutoContrast{.p = 0.3F}), 0);
  expect_binomial(static_cast<std::size_t>(std::ranges::count(done, 1.0F)),
                  0.3);
}

TEST(RandomAutoContrast, RefusesWhatIsNoProbability) {
  EXPECT_THROW(Augmentation(RandomAutoContrast{.p = 1.5F}), Error);
}

}  // namespace
}  // namespace lathe::augment
