#include "augment/random_box_safe_crop.h"

#include <gtest/gtest.h>

#include <random>

#include "augment/parse.h"
#include "tests/augment/distribution.h"
#include "tests/support/compare.h"

namespace lathe::augment {
namespace {

constexpr ImageSize kSize{.height = 40, .width = 60};

std::vector<float> fitted(const RandomBoxSafeCrop& crop, std::vector<float> row,
                          const std::vector<Box>& boxes) {
  crop.fit(row, boxes, kSize);
  return {row.begin() + 6, row.end()};
}

using Edges = std::vector<float>;

TEST(RandomBoxSafeCrop, EdgesAreBetweenTheBordersAndTheBoxes) {
  const std::vector<Box> boxes{{.x0 = 20, .y0 = 10, .x1 = 30, .y1 = 20},
                               {.x0 = 16, .y0 = 12, .x1 = 40, .y1 = 24}};
  const RandomBoxSafeCrop crop{.minimum = 0.1F};
  const auto at = [&](std::vector<float> row) {
    row.resize(10);
    return fitted(crop, row, boxes);
  };
  EXPECT_EQ(at({0, 0, 0, 0, 0, 0}), (Edges{0, 0, 60, 40}));
  EXPECT_EQ(at({1, 1, 1, 1, 0, 0}), (Edges{16, 10, 40, 24}));
  EXPECT_EQ(at({0.5F, 0.25F, 0.5F, 0.75F, 0, 0}), (Edges{8, 2.5F, 50, 28}));
}

// A box of 4 by 4 is widened to half of 60 and of 40, as far as the borders let
// it.
TEST(RandomBoxSafeCrop, ShowsNoLessThanItsMinimum) {
  const RandomBoxSafeCrop crop{.minimum = 0.5F};
  const std::vector<Box> boxes{{.x0 = 10, .y0 = 30, .x1 = 14, .y1 = 34}};
  EXPECT_EQ(fitted(crop, {1, 1, 1, 1, 0, 0, 0, 0, 0, 0}, boxes),
            (Edges{0, 14, 30, 34}));
  EXPECT_EQ(fitted(crop, {1, 1, 1, 1, 1, 1, 0, 0, 0, 0}, boxes),
            (Edges{10, 20, 40, 40}));
  // Of no boxes, anywhere.
  EXPECT_EQ(fitted(crop, {1, 1, 1, 1, 0, 1, 0, 0, 0, 0}, {}),
            (Edges{0, 20, 30, 40}));
  EXPECT_EQ(fitted(crop, {1, 1, 1, 1, 0.5F, 0.5F, 0, 0, 0, 0}, {}),
            (Edges{15, 10, 45, 30}));
}

TEST(RandomBoxSafeCrop, EdgesAreUniform) {
  const RandomBoxSafeCrop crop{.minimum = 0.1F};
  const std::vector<Box> boxes{{.x0 = 15, .y0 = 10, .x1 = 30, .y1 = 24}};
  std::array<std::vector<float>, 4> edges;
  for (const auto& row : many_drawn(crop)) {
    const Edges seen = fitted(crop, row, boxes);
    for (std::size_t i = 0; i < seen.size(); ++i) edges[i].push_back(seen[i]);
  }
  expect_uniform(edges[0], 0, 15);
  expect_uniform(edges[1], 0, 10);
  expect_uniform(edges[2], 30, 60);
  expect_uniform(edges[3], 24, 40);
}

Annotations random_annotations(Philox& random) {
  Annotations result;
  for (std::uint32_t i = random.below(4); i > 0; --i) {
    const float x = random.uniform(0, 50);
    const float y = random.uniform(0, 30);
    result.boxes.push_back({.x0 = x,
                            .y0 = y,
                            .x1 = x + random.uniform(2, 60 - x),
                            .y1 = y + random.uniform(2, 40 - y)});
  }
  return result;
}

// Whatever came before, it cuts nothing off what is left of the boxes.
TEST(RandomBoxSafeCrop, KeepsAllBoxes) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(concat("seed ", seed));
  Philox random({.seed = seed});
  constexpr std::uint32_t kSamples = 200;
  std::vector<Annotations> given;
  std::vector<std::uint32_t> ids;
  for (std::uint32_t n = 0; n < kSamples; ++n) {
    given.push_back(random_annotations(random));
    ids.push_back(n);
  }
  const BatchKey key{.seed = seed, .sample_ids = ids};
  for (const std::string before :
       {"flip", "rotation(factor=0.5,fill_mode=constant)", "crop=30:40",
        "mosaic", "elastic"}) {
    SCOPED_TRACE(before);
    std::vector<Annotations> all = given;
    std::vector<Annotations> kept = given;
    parse(before).follow(all, key, kSize);
    parse(before + ",box_safe_crop(minimum=0.1,size=32:24)")
        .follow(kept, key, kSize);
    for (std::size_t n = 0; n < given.size(); ++n) {
      for (std::size_t i = 0; i < all[n].boxes.size(); ++i) {
        const Box& box = all[n].boxes[i];
        const Box& seen = kept[n].boxes.at(i);
        EXPECT_EQ(seen.valid, box.valid);
        EXPECT_NEAR(seen.visible, box.visible, 1e-5);
        EXPECT_LE(seen.x1, 24);
        EXPECT_LE(seen.y1, 32);
      }
    }
  }
}

// The pixels show what the boxes say: a bright rectangle keeps all its pixels
// within the box, and no more than an interpolated edge beyond it.
TEST(RandomBoxSafeCrop, PixelsFollowTheBoxes) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(concat("seed ", seed));
  const Tensor images({4, 40, 60, 1});
  std::vector<Annotations> annotations;
  for (std::int64_t n = 0; n < 4; ++n) {
    const auto x0 = 10 + 5 * n;
    for (std::int64_t y = 12; y < 25; ++y) {
      for (std::int64_t x = x0; x < x0 + 9; ++x) {
        images.data<float>()[(n * 40 + y) * 60 + x] = 1;
      }
    }
    annotations.push_back({.boxes = {{.x0 = static_cast<float>(x0),
                                      .y0 = 12,
                                      .x1 = static_cast<float>(x0 + 9),
                                      .y1 = 25}},
                           .keypoints = {}});
  }
  const Pipeline pipeline = parse("flip,box_safe_crop=0.2");
  const std::vector<std::uint32_t> ids{1, 2, 3, 4};
  const BatchKey key{
      .seed = seed, .sample_ids = ids, .annotations = annotations};
  const Tensor seen(images.shape());
  pipeline.apply({.images = images, .masks = {}}, key,
                 {.images = seen, .masks = {}});
  std::vector<Annotations> moved = annotations;
  pipeline.follow(moved, key, kSize);
  for (std::int64_t n = 0; n < 4; ++n) {
    const Box& box = moved[static_cast<std::size_t>(n)].boxes[0];
    double sum = 0;
    double sum_x = 0;
    double sum_y = 0;
    const Tensor image = seen.rows(n, 1);
    for (std::int64_t i = 0; i < image.elements(); ++i) {
      const double value = image.data<float>()[i];
      sum += value;
      sum_x += value * (static_cast<double>(i % 60) + 0.5);
      sum_y += value * (static_cast<double>(i / 60) + 0.5);
    }
    EXPECT_NEAR(sum_x / sum, (box.x0 + box.x1) / 2, 0.5);
    EXPECT_NEAR(sum_y / sum, (box.y0 + box.y1) / 2, 0.5);
    const double area = box.width() * box.height();
    EXPECT_NEAR(sum, area, 0.1 * area);
    // Alone it is the same.
    const Tensor alone({1, 40, 60, 1});
    pipeline.apply(
        {.images = images.rows(n, 1), .masks = {}},
        {.seed = seed,
         .sample_ids = std::span(ids).subspan(static_cast<std::size_t>(n), 1),
         .annotations =
             std::span(annotations).subspan(static_cast<std::size_t>(n), 1)},
        {.images = alone, .masks = {}});
    testing::expect_identical(alone, image);
  }
}

TEST(RandomBoxSafeCrop, GroupsMayHoldIt) {
  const Pipeline pipeline = parse("one_of(flip=horizontal,box_safe_crop=0.1)");
  const std::vector<std::uint32_t> ids{0, 1, 2, 3, 4, 5, 6, 7};
  std::vector<Annotations> annotations(
      8, {.boxes = {{.x0 = 5, .y0 = 5, .x1 = 30, .y1 = 30}}, .keypoints = {}});
  pipeline.follow(annotations, {.seed = 1, .sample_ids = ids}, kSize);
  int cropped = 0;
  for (const Annotations& each : annotations) {
    const Box& box = each.boxes[0];
    EXPECT_NEAR(box.visible, 1, 1e-5);
    // The other one mirrors, here half of the time.
    const bool flipped = box.y0 == 5 && box.y1 == 30;
    cropped += flipped ? 0 : 1;
  }
  EXPECT_GT(cropped, 0);
  EXPECT_LT(cropped, 8);
}

TEST(RandomBoxSafeCrop, IsRefusedWhereThereAreNoBoxes) {
  const Pipeline pipeline{RandomBoxSafeCrop{}};
  const Tensor images({2, 40, 60, 1});
  const std::vector<std::uint32_t> ids{1, 2};
  try {
    pipeline.apply({.images = images, .masks = {}}, {.sample_ids = ids},
                   {.images = Tensor(images.shape()), .masks = {}});
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("box_safe_crop needs the boxes"),
              std::string::npos)
        << error.what();
  }
  EXPECT_THROW(pipeline.refuse_in("the training step"), Error);
  EXPECT_THROW(Augmentation(RandomBoxSafeCrop{.minimum = 0}), Error);
  EXPECT_THROW(Augmentation(RandomBoxSafeCrop{.minimum = 1.5F}), Error);
  EXPECT_THROW(Augmentation(RandomBoxSafeCrop{
                   .size = ImageSize{.height = 0, .width = 4}}),
               Error);
}

}  // namespace
}  // namespace lathe::augment
