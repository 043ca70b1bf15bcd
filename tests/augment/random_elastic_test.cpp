#include "augment/random_elastic.h"

#include <gtest/gtest.h>

#include "tests/augment/shown.h"

namespace lathe::augment {
namespace {

constexpr ImageSize kElasticSize{.height = 61, .width = 83};

TEST(RandomElastic, SpotsMove) {
  const RandomElastic elastic{
      .strength = 0.02, .sigma = 0.15F, .fill_mode = FillMode::constant};
  for (const std::uint32_t sample : {0U, 1U, 2U}) {
    expect_spots_move(elastic, row_of(elastic, sample), kElasticSize);
  }
}

// Displacements over 200 fields, each of some dozen independent places: their
// mean square is known to some percent.
TEST(RandomElastic, DisplacementsHaveTheirDeviation) {
  const RandomElastic elastic{.strength = 0.015, .sigma = 0.1F};
  const double expected = 0.015 * 61;
  double squares = 0;
  double sum = 0;
  int count = 0;
  for (std::uint32_t sample = 0; sample < 200; ++sample) {
    const Geometry geometry(elastic, row_of(elastic, sample), kElasticSize);
    for (float y = 0; y < 61; y += 7.3F) {
      for (float x = 0; x < 83; x += 7.1F) {
        const Position seen = warped_position(geometry.warp, {x, y});
        for (const double moved : {static_cast<double>(seen.x - x),
                                   static_cast<double>(seen.y - y)}) {
          squares += moved * moved;
          sum += moved;
          ++count;
        }
      }
    }
  }
  EXPECT_NEAR(std::sqrt(squares / count), expected, 0.03 * expected);
  EXPECT_NEAR(sum / count, 0, 0.05 * expected);
}

// As far as sigma they are alike, and far from that they are not: the
// correlation of a field blurred by a Gaussian falls to exp(-1/4) at sigma,
// which is 6.1 pixels here, and to 0 at four times that. A cell is up to a half
// wider than it was asked for.
TEST(RandomElastic, NeighboursMoveAlike) {
  const RandomElastic elastic{.strength = 0.015, .sigma = 0.1F};
  double squares = 0;
  double close = 0;
  double far = 0;
  for (std::uint32_t sample = 0; sample < 200; ++sample) {
    const Geometry geometry(elastic, row_of(elastic, sample), kElasticSize);
    const auto moved = [&](float x) {
      return static_cast<double>(warped_position(geometry.warp, {x, 30}).x - x);
    };
    for (float x = 10; x < 40; x += 3) {
      squares += moved(x) * moved(x);
      close += moved(x) * moved(x + 6.1F);
      far += moved(x) * moved(x + 36.6F);
    }
  }
  EXPECT_GT(close / squares, 0.7);
  EXPECT_LT(close / squares, 0.92);
  EXPECT_NEAR(far / squares, 0, 0.1);
}

// At the largest strength each step of half a pixel still goes the same way.
TEST(RandomElastic, NeverFolds) {
  const RandomElastic elastic{.strength = 0.023, .sigma = 0.1F};
  for (std::uint32_t sample = 0; sample < 20; ++sample) {
    const Geometry geometry(elastic, row_of(elastic, sample), kElasticSize);
    for (float y = 0; y < 61; y += 1.7F) {
      for (float x = 0; x < 83; x += 1.3F) {
        const Position here = warped_position(geometry.warp, {x, y});
        const Position right = warped_position(geometry.warp, {x + 0.5F, y});
        const Position down = warped_position(geometry.warp, {x, y + 0.5F});
        const float area = (right.x - here.x) * (down.y - here.y) -
                           (right.y - here.y) * (down.x - here.x);
        ASSERT_GT(area, 0) << sample << " at " << x << ", " << y;
      }
    }
  }
}

TEST(RandomElastic, NumbersAreUniformAndAsOftenAsAsked) {
  const RandomElastic elastic{.strength = {0.005, 0.01}};
  expect_uniform(draws_of(elastic, 0), 0.005, 0.01);
  expect_uniform(draws_of(elastic, 1), 0, 1 << 24);
  expect_share(draws_of(RandomElastic{.p = 0.3F}, 0), 0.3,
               [](float strength) { return strength != 0; });
}

TEST(RandomElastic, NothingIsNoWarp) {
  EXPECT_EQ(Geometry(RandomElastic{}, {0, 5}, kElasticSize).warp.kind,
            WarpKind::none);
}

TEST(RandomElastic, RefusesWhatFolds) {
  EXPECT_THROW(Augmentation(RandomElastic{.strength = 0.03, .sigma = 0.1F}),
               Error);
  EXPECT_THROW(Augmentation(RandomElastic{.sigma = 0}), Error);
}

}  // namespace
}  // namespace lathe::augment
