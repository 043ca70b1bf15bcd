#include "augment/sequence.h"

#include <gtest/gtest.h>

#include "augment/random_brightness.h"
#include "augment/random_flip.h"
#include "tests/augment/apply_one.h"

namespace lathe::augment {
namespace {

const std::vector<Augmentation>& brighter_twice() {
  static const std::vector<Augmentation> operations{
      RandomBrightness{{10.0 / 255, 10.0 / 255}},
      RandomBrightness{{20.0 / 255, 20.0 / 255}}};
  return operations;
}

TEST(Sequence, DoesAllOrNothing) {
  EXPECT_EQ(applied(Sequence{brighter_twice()}, {1, 2}, 2),
            (std::vector<float>{31, 32}));
  EXPECT_EQ(applied(Sequence{brighter_twice(), 0}, {1, 2}, 2),
            (std::vector<float>{1, 2}));
}

// Within five standard deviations of a binomial.
TEST(Sequence, IsDoneWithItsProbability) {
  const Augmentation half(Sequence{{RandomFlip{}}, 0.3F});
  int done = 0;
  for (std::uint32_t sample = 0; sample < 10000; ++sample) {
    done += drawn(half, 1, sample)[0] != 0 ? 1 : 0;
  }
  EXPECT_NEAR(done, 3000, 230);
}

TEST(Sequence, DrawsItsChildrenWhateverItsProbability) {
  const auto all = drawn(Sequence{{RandomFlip{}, RandomFlip{}}, 1}, 1, 5);
  const auto none = drawn(Sequence{{RandomFlip{}, RandomFlip{}}, 0}, 1, 5);
  ASSERT_EQ(all.size(), 5U);
  EXPECT_EQ(std::vector<float>(all.begin() + 1, all.end()),
            std::vector<float>(none.begin() + 1, none.end()));
}

}  // namespace
}  // namespace lathe::augment
