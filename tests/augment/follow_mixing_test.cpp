// Boxes and keypoints of mixed samples against the masks of their objects.

#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "augment/parse.h"
#include "augment/region.h"
#include "core/error.h"

namespace lathe::augment {
namespace {

constexpr std::int64_t kSamples = 6;
constexpr std::int64_t kHeight = 30;
constexpr std::int64_t kWidth = 40;

/// Of sample n one box, of class n, and a keypoint in it.
struct Scenes {
  std::vector<Annotations> annotations = std::vector<Annotations>(kSamples);
  /// n + 1 where the box of sample n is.
  Tensor masks = Tensor({kSamples, kHeight, kWidth, 1}, DType::uint8);
  std::vector<std::uint32_t> ids = std::vector<std::uint32_t>(kSamples);

  explicit Scenes(Philox& random) {
    std::iota(ids.begin(), ids.end(), random.below(1000));
    for (std::int64_t n = 0; n < kSamples; ++n) {
      const auto left = static_cast<std::int64_t>(random.below(25));
      const auto top = static_cast<std::int64_t>(random.below(15));
      const auto right = left + 4 + random.below(10);
      const auto bottom = top + 4 + random.below(10);
      for (std::int64_t y = top; y < bottom; ++y) {
        for (std::int64_t x = left; x < right; ++x) {
          masks.rows(n, 1).data<std::uint8_t>()[y * kWidth + x] =
              static_cast<std::uint8_t>(n + 1);
        }
      }
      auto& [boxes, keypoints] = annotations[static_cast<std::size_t>(n)];
      boxes.push_back({.x0 = static_cast<float>(left),
                       .y0 = static_cast<float>(top),
                       .x1 = static_cast<float>(right),
                       .y1 = static_cast<float>(bottom),
                       .class_id = static_cast<std::int32_t>(n)});
      keypoints.push_back({.x = static_cast<float>(left) + 2.5F,
                           .y = static_cast<float>(top) + 2.5F,
                           .box = 0});
    }
  }

  Tensor mixed(const Pipeline& pipeline, const BatchKey& key) const {
    const Tensor images(masks.shape());
    const Tensor output(masks.shape());
    Tensor seen(masks.shape(), DType::uint8);
    pipeline.apply({.images = images, .masks = masks}, key,
                   {.images = output, .masks = seen});
    return seen;
  }
};

/// The pixels of a value.
struct Seen {
  Window around{.x0 = 1e9, .y0 = 1e9, .x1 = -1e9, .y1 = -1e9};
  double count = 0;

  Seen(const Tensor& mask, std::int32_t value) {
    for (std::int64_t i = 0; i < mask.elements(); ++i) {
      if (mask.data<std::uint8_t>()[i] != value) continue;
      const auto x = static_cast<double>(i % kWidth);
      const auto y = static_cast<double>(i / kWidth);
      around = {.x0 = std::min(around.x0, x),
                .y0 = std::min(around.y0, y),
                .x1 = std::max(around.x1, x + 1),
                .y1 = std::max(around.y1, y + 1)};
      ++count;
    }
  }
};

bool is_at(const Tensor& mask, const Keypoint& point, std::int32_t value) {
  const auto x = static_cast<std::int64_t>(point.x);
  const auto y = static_cast<std::int64_t>(point.y);
  return mask.data<std::uint8_t>()[y * kWidth + x] == value;
}

// Every box of a class that comes once in a sample is around its pixels, to
// within `tolerance`; a visible keypoint is on its object. Returns how many
// boxes were cut.
int check(const std::string& text, double tolerance) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(concat(text, ", seed ", seed));
  Philox random({.seed = seed});
  int cut = 0;
  for (int round = 0; round < 20; ++round) {
    Scenes scenes(random);
    const BatchKey key{.seed = seed, .epoch = 1, .sample_ids = scenes.ids};
    const Pipeline pipeline = parse(text);
    const Tensor masks = scenes.mixed(pipeline, key);
    pipeline.follow(scenes.annotations, key,
                    {.height = kHeight, .width = kWidth});
    for (std::int64_t n = 0; n < kSamples; ++n) {
      const Tensor mask = masks.rows(n, 1);
      const auto& [boxes, keypoints] =
          scenes.annotations[static_cast<std::size_t>(n)];
      EXPECT_EQ(boxes.at(0).class_id, n);
      std::vector<int> times(kSamples);
      for (const Box& box : boxes)
        ++times[static_cast<std::size_t>(box.class_id)];
      for (const Box& box : boxes) {
        if (times[static_cast<std::size_t>(box.class_id)] > 1) continue;
        const Seen seen(mask, box.class_id + 1);
        if (box.valid) {
          cut += box.visible < 0.99F ? 1 : 0;
          if (seen.count == 0 && std::min(box.width(), box.height()) < 1) {
            continue;  // between the middles of pixels
          }
          EXPECT_NEAR(box.x0, seen.around.x0, tolerance);
          EXPECT_NEAR(box.y0, seen.around.y0, tolerance);
          EXPECT_NEAR(box.x1, seen.around.x1, tolerance);
          EXPECT_NEAR(box.y1, seen.around.y1, tolerance);
        } else {
          EXPECT_EQ(seen.count, 0);
        }
      }
      for (const Keypoint& point : keypoints) {
        const std::int32_t of =
            boxes.at(static_cast<std::size_t>(point.box)).class_id;
        if (point.visibility == Visibility::visible &&
            times[static_cast<std::size_t>(of)] == 1) {
          EXPECT_TRUE(is_at(mask, point, of + 1));
        }
        if (point.visibility == Visibility::hidden) {
          EXPECT_FALSE(is_at(mask, point, of + 1));
        }
      }
    }
  }
  return cut;
}

TEST(FollowMixing, CutmixCutsBothSamplesBoxes) {
  EXPECT_GT(check("cutmix", 1e-4), 10);
}

// An edge lies between the middles of two pixels.
TEST(FollowMixing, MosaicMovesAndCutsTheBoxesOfFour) {
  EXPECT_GT(check("mosaic", 0.5 + 1e-4), 10);
  check("mosaic=2", 0.5 + 1e-4);
}

TEST(FollowMixing, CutmixLeavesTheShareThatIsCounted) {
  Philox random({.seed = 5});
  Scenes scenes(random);
  const BatchKey key{.seed = 8, .epoch = 1, .sample_ids = scenes.ids};
  const std::vector<Annotations> before = scenes.annotations;
  const Pipeline pipeline = parse("cutmix");
  const Tensor masks = scenes.mixed(pipeline, key);
  pipeline.follow(scenes.annotations, key,
                  {.height = kHeight, .width = kWidth});
  for (std::int64_t n = 0; n < kSamples; ++n) {
    for (const Box& box :
         scenes.annotations[static_cast<std::size_t>(n)].boxes) {
      const Box& whole =
          before[static_cast<std::size_t>(box.class_id)].boxes[0];
      const Seen seen(masks.rows(n, 1), box.class_id + 1);
      EXPECT_NEAR(box.visible, seen.count / (whole.width() * whole.height()),
                  1e-5);
    }
  }
}

TEST(FollowMixing, MixupKeepsTheBoxesOfBoth) {
  Philox random({.seed = 6});
  Scenes scenes(random);
  const std::vector<Annotations> before = scenes.annotations;
  parse("mixup=1").follow(scenes.annotations,
                          {.seed = 1, .sample_ids = scenes.ids},
                          {.height = kHeight, .width = kWidth});
  for (std::size_t n = 0; n < kSamples; ++n) {
    const auto& [boxes, keypoints] = scenes.annotations[n];
    ASSERT_EQ(boxes.size(), 2U);
    const std::int32_t partner = boxes[1].class_id;
    EXPECT_NE(partner, static_cast<std::int32_t>(n));
    EXPECT_EQ(boxes[1].x0,
              before[static_cast<std::size_t>(partner)].boxes[0].x0);
    ASSERT_EQ(keypoints.size(), 2U);
    EXPECT_EQ(keypoints[0].box, 0);
    EXPECT_EQ(keypoints[1].box, 1);
  }
}

TEST(FollowMixing, KeypointsAreVisibleInOneOfTwoSamples) {
  std::vector<Annotations> batch(2);
  for (Annotations& each : batch) {
    for (int i = 0; i < 50; ++i) {
      each.keypoints.push_back(
          {.x = 0.4F * static_cast<float>(i) + 0.1F, .y = 10.5F});
    }
  }
  const Pipeline pipeline = parse("cutmix");
  const std::vector<std::uint32_t> ids{1, 2};
  pipeline.follow(batch, {.seed = 2, .sample_ids = ids},
                  {.height = 20, .width = 20});
  for (const Annotations& each : batch) {
    // What one sample hides, the other shows.
    for (std::size_t i = 0; i < 50; ++i) {
      const bool own = each.keypoints[i].visibility == Visibility::visible;
      const bool other =
          each.keypoints[i + 50].visibility == Visibility::visible;
      EXPECT_NE(own, other);
    }
  }
}

}  // namespace
}  // namespace lathe::augment
