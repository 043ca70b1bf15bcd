#include "augment/random_erasing.h"

#include <gtest/gtest.h>

#include "tests/augment/apply_one.h"
#include "tests/augment/distribution.h"

namespace lathe::augment {
namespace {

// A quarter by a quarter of the area: half of either side.
TEST(RandomErasing, ErasesARectangleWithin) {
  for (int width = 8; width < 40; ++width) {
    const auto pixels = static_cast<std::size_t>(10 * width);
    const std::vector<float> seen =
        applied(RandomErasing{.scale = 0.25, .fill_value = 1, .p = 1},
                std::vector<float>(pixels, 9), width);
    const auto erased = std::ranges::count(seen, 255.0F);
    EXPECT_EQ(std::ranges::count(seen, 9.0F) + erased, 10 * width);
    EXPECT_LE(std::abs(erased - 5 * width / 2), 5);
  }
}

TEST(RandomErasing, FillsWithNoise) {
  const std::vector<float> seen =
      applied(RandomErasing{.scale = 1, .noise = true, .p = 1},
              std::vector<float>(10000, 9), 100);
  // Half of all normal numbers are below 0, and a sixth above 1.
  EXPECT_NEAR(static_cast<double>(std::ranges::count(seen, 0.0F)), 5000, 250);
  EXPECT_NEAR(static_cast<double>(std::ranges::count(seen, 255.0F)), 1587, 183);
}

TEST(RandomErasing, MasksFollowOnlyIfAsked) {
  const Targets input{
      .images = Tensor::from<float>({1, 1, 2, 1}, {3, 4}),
      .masks = Tensor::from<std::uint8_t>({1, 1, 2, 1}, {1, 2})};
  const std::uint32_t id = 0;
  for (const bool masks : {false, true}) {
    const Pipeline pipeline({RandomErasing{.scale = 1, .masks = masks, .p = 1}},
                            {.mask_fill_value = 255});
    const Tensor image({1, 1, 2, 1});
    const Tensor mask({1, 1, 2, 1}, DType::uint8);
    pipeline.apply(input, {.sample_ids = {&id, 1}},
                   {.images = image, .masks = mask, .scale = 1});
    EXPECT_EQ(image.values<float>()[0], 0);
    EXPECT_EQ(mask.values<std::uint8_t>()[0], masks ? 255 : 1);
    EXPECT_EQ(mask.values<std::uint8_t>()[1], masks ? 255 : 2);
  }
}

TEST(RandomErasing, DrawsAsKerasDoes) {
  const auto rows = many_drawn(RandomErasing{.scale = {0.1, 0.5}, .p = 0.3F});
  const auto is_done = [](auto& row) { return row[2] != 0; };
  const auto width = column(rows, 2, is_done);
  expect_binomial(width.size(), 0.3);
  for (const std::size_t side : {0U, 1U}) {
    std::vector<float> squares;
    std::vector<float> places;
    for (const auto& row : rows) {
      if (!is_done(row)) continue;
      squares.push_back(row[2 + side] * row[2 + side]);
      places.push_back(row[side] / (1 - row[2 + side]));
    }
    expect_uniform(squares, 0.1, 0.5);
    expect_uniform(places, 0, 1);
  }
}

TEST(RandomErasing, RefusesWhatIsNoPart) {
  EXPECT_THROW(Augmentation(RandomErasing{.scale = 1.5}), Error);
  EXPECT_THROW(Augmentation(RandomErasing{.fill_value = 255}), Error);
}

}  // namespace
}  // namespace lathe::augment
