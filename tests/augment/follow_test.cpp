// Boxes and keypoints against what is seen in the pixels.

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "augment/parse.h"
#include "augment/region.h"
#include "core/error.h"

namespace lathe::augment {
namespace {

constexpr std::int64_t kSide = 64;
const ImageSize kSize{.height = kSide, .width = kSide};
// The rectangle that is drawn.
constexpr Box kBox{.x0 = 20, .y0 = 24, .x1 = 41, .y1 = 36, .class_id = 3};

// Points along its edges, the corners among them.
std::vector<Keypoint> outline() {
  constexpr float kStep = 3;
  std::vector<Keypoint> points;
  for (float x = kBox.x0; x < kBox.x1; x += kStep) {
    points.push_back({.x = x, .y = kBox.y0});
    points.push_back({.x = x + kStep, .y = kBox.y1});
  }
  for (float y = kBox.y0; y < kBox.y1; y += kStep) {
    points.push_back({.x = kBox.x0, .y = y + kStep});
    points.push_back({.x = kBox.x1, .y = y});
  }
  return points;
}

/// A dot an image; its middle is the mean of where it is bright.
Tensor draw_dots(const std::vector<Keypoint>& points) {
  constexpr float kRadius = 1.5F;
  const auto count = static_cast<std::int64_t>(points.size());
  Tensor images({count, kSide, kSide, 1});
  for (std::int64_t i = 0; i < images.elements(); ++i) {
    const Keypoint& point =
        points[static_cast<std::size_t>(i / (kSide * kSide))];
    const float x = static_cast<float>(i % kSide) + 0.5F - point.x;
    const float y = static_cast<float>(i / kSide % kSide) + 0.5F - point.y;
    images.data<float>()[i] =
        std::exp(-(x * x + y * y) / (2 * kRadius * kRadius));
  }
  return images;
}

struct Middle {
  double x = 0;
  double y = 0;
  double brightness = 0;
};

Middle middle_of(const Tensor& image) {
  const std::int64_t width = image.shape()[2];
  Middle result;
  for (std::int64_t i = 0; i < image.elements(); ++i) {
    const double value = image.data<float>()[i];
    result.x += value * (static_cast<double>(i % width) + 0.5);
    result.y += value * (static_cast<double>(i / width) + 0.5);
    result.brightness += value;
  }
  result.x /= result.brightness;
  result.y /= result.brightness;
  return result;
}

Tensor applied(const Pipeline& pipeline, const Tensor& images,
               const BatchKey& key) {
  const ImageSize size = pipeline.output_size(kSize);
  Tensor output({images.shape()[0], size.height, size.width, 1});
  const std::vector<Annotations> boxes(key.sample_ids.size(),
                                       {.boxes = {kBox}, .keypoints = {}});
  BatchKey with_boxes = key;
  with_boxes.annotations = boxes;
  pipeline.apply({.images = images, .masks = {}}, with_boxes,
                 {.images = output, .masks = {}, .scale = 1.0F / 255});
  return output;
}

Annotations followed(const Pipeline& pipeline, const Annotations& annotations,
                     std::uint64_t seed, std::uint32_t sample,
                     const FollowOptions& how = {}) {
  Annotations result = annotations;
  pipeline.follow({&result, 1}, {.seed = seed, .sample_ids = {&sample, 1}},
                  kSize, how);
  return result;
}

constexpr float kReach = 6;  // four radii

/// The points, and behind them for each the corners of what its dot covers: all
/// of it is seen where these are.
std::vector<Keypoint> guarded(std::vector<Keypoint> points) {
  const std::size_t count = points.size();
  for (std::size_t i = 0; i < count; ++i) {
    for (const float right : {-kReach, kReach}) {
      for (const float down : {-kReach, kReach}) {
        points.push_back({.x = points[i].x + right, .y = points[i].y + down});
      }
    }
  }
  return points;
}

bool is_whole(const std::vector<Keypoint>& guarded, std::size_t i,
              std::size_t count) {
  const auto corners = std::span(guarded).subspan(count + 4 * i, 4);
  return std::ranges::all_of(corners, [](const Keypoint& corner) {
    return corner.visibility == Visibility::visible;
  });
}

/// How many of a pipeline's operations bend lines. Each makes a dot uneven, and
/// so moves its middle.
int bends_of(const std::string& pipeline) {
  int count = 0;
  for (const std::string_view name : {"elastic", "_distortion"}) {
    for (auto at = pipeline.find(name); at != std::string::npos;
         at = pipeline.find(name, at + 1)) {
      ++count;
    }
  }
  return count;
}

/// By how much the surroundings of a dot are enlarged, at least 1: what moves
/// its middle is enlarged with them.
double enlargement_at(const std::vector<Keypoint>& guarded, std::size_t i,
                      std::size_t count) {
  const auto corners = std::span(guarded).subspan(count + 4 * i, 4);
  const auto diagonal = [&](std::size_t from, std::size_t to) {
    return std::hypot(corners[to].x - corners[from].x,
                      corners[to].y - corners[from].y);
  };
  const double enlarged = std::max(diagonal(0, 3), diagonal(1, 2)) /
                          std::hypot(2 * kReach, 2 * kReach);
  return std::max(enlarged, 1.0);
}

/// Every operation that moves pixels; beyond the image nothing is seen. Windows
/// are so large that all dots are often seen, and the kinks of a grid so small
/// that a dot across one keeps its middle.
const std::vector<std::string> kGeometric{
    "flip",
    "turn(transpose=true)",
    "rotation(factor=0.5,fill_mode=constant)",
    "zoom(height_factor=0.3,width_factor=0.2,fill_mode=constant)",
    "translation(height_factor=0.2,width_factor=0.3,fill_mode=constant)",
    "shear(x_factor=0.3,y_factor=0.2,fill_mode=constant)",
    "resized_crop(area=0.5:1,fill_mode=constant)",
    "resized_crop(area=0.5:1,size=50:80,fill_mode=constant)",
    "transpose",
    "affine(rotation=0.2,shear=0.2,shear_down=0.1,fill_mode=constant)",
    "perspective(scale=0.3,fill_mode=constant)",
    "crop=56:52",
    "center_crop=58:60",
    "pad=70:77",
    "letterbox=60:90",
    "resize=50:72",
    "box_safe_crop=0.8",
    "elastic(strength=0:0.01,fill_mode=constant)",
    "grid_distortion(factor=0.1,fill_mode=constant)",
    "optical_distortion(fill_mode=constant)"};

class Follow : public ::testing::TestWithParam<Fusion> {
 protected:
  static Pipeline pipeline_of(const std::string& text) {
    return parse(text, {.fusion = GetParam()});
  }

  // Dots along the rectangle's edges are where their keypoints say, and the box
  // is around them. Returns whether all of them could be measured.
  static bool check(const std::string& text, std::uint64_t seed) {
    SCOPED_TRACE(concat(text, ", seed ", seed));
    const Pipeline pipeline = pipeline_of(text);
    const std::vector<Keypoint> points = outline();
    const Annotations seen = followed(
        pipeline, {.boxes = {kBox}, .keypoints = guarded(points)}, seed, 7);
    const std::vector<std::uint32_t> ids(points.size(), 7);
    const Tensor images =
        applied(pipeline, draw_dots(points), {.seed = seed, .sample_ids = ids});
    Window around{.x0 = 1e9, .y0 = 1e9, .x1 = -1e9, .y1 = -1e9};
    std::size_t measured = 0;
    // Half a pixel, for each operation that bends.
    const double tolerance = 0.5 * std::max(bends_of(text), 1);
    double most = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const Keypoint& point = seen.keypoints[i];
      if (!is_whole(seen.keypoints, i, points.size())) continue;
      const Middle middle =
          middle_of(images.rows(static_cast<std::int64_t>(i), 1));
      const double near =
          tolerance * enlargement_at(seen.keypoints, i, points.size());
      EXPECT_NEAR(middle.x, point.x, near) << "dot " << i;
      EXPECT_NEAR(middle.y, point.y, near) << "dot " << i;
      most = std::max(most, near);
      around = {.x0 = std::min(around.x0, middle.x),
                .y0 = std::min(around.y0, middle.y),
                .x1 = std::max(around.x1, middle.x),
                .y1 = std::max(around.y1, middle.y)};
      ++measured;
    }
    if (measured < points.size()) return false;
    const Box& box = seen.boxes.at(0);
    EXPECT_NEAR(box.x0, around.x0, most);
    EXPECT_NEAR(box.y0, around.y0, most);
    EXPECT_NEAR(box.x1, around.x1, most);
    EXPECT_NEAR(box.y1, around.y1, most);
    EXPECT_NEAR(box.visible, 1, 1e-6);
    EXPECT_TRUE(box.valid);
    EXPECT_EQ(box.class_id, 3);
    return true;
  }
};

TEST_P(Follow, EveryOperationMovesBoxesAndKeypointsWithTheirPixels) {
  std::random_device seeds;
  for (const std::string& text : kGeometric) {
    int whole = 0;
    for (int i = 0; i < 40 && whole < 2; ++i) {
      whole += check(text, seeds()) ? 1 : 0;
    }
    EXPECT_EQ(whole, 2) << text;
  }
}

// Windows may be larger than what is left, and some take squares only.
bool fits(const std::string& text) {
  try {
    followed(parse(text), {}, 0, 0);
  } catch (const Error&) {
    return false;
  }
  return true;
}

TEST_P(Follow, SoDoRandomPipelines) {
  Philox random({.seed = std::random_device{}()});
  int whole = 0;
  for (int i = 0; i < 24 || (i < 200 && whole < 3); ++i) {
    std::string text;
    for (int k = 0; k < 3; ++k) {
      const std::uint32_t chosen =
          random.below(static_cast<std::uint32_t>(kGeometric.size()));
      text += concat(k == 0 ? "" : ",", kGeometric[chosen]);
    }
    whole += fits(text) && check(text, random.next()) ? 1 : 0;
  }
  EXPECT_GE(whole, 3);
}

/// The window around the pixels that are at least that bright.
Window brighter(const Tensor& image, float least) {
  Window around{.x0 = 1e9, .y0 = 1e9, .x1 = -1e9, .y1 = -1e9};
  for (std::int64_t k = 0; k < image.elements(); ++k) {
    if (image.data<float>()[k] < least) continue;
    const auto x = static_cast<double>(k % kSide);
    const auto y = static_cast<double>(k / kSide);
    around = {.x0 = std::min(around.x0, x),
              .y0 = std::min(around.y0, y),
              .x1 = std::max(around.x1, x + 1),
              .y1 = std::max(around.y1, y + 1)};
  }
  return around;
}

// A filled rectangle, moved and cut off. Where it is half as bright the middle
// of a pixel is in it, and so no more than half of the pixel is out of the box;
// where the box reaches, something is seen within a pixel. Interpolating again,
// as Fusion::exact does, moves what is half as bright by a little. The share
// that is left is right up to half of the pixels along the edges, 2 (21 + 12)
// of 252.
TEST_P(Follow, BoxesAreAroundWhatIsLeft) {
  std::random_device seeds;
  Tensor image({1, kSide, kSide, 1});
  for (std::int64_t y = 24; y < 36; ++y) {
    for (std::int64_t x = 20; x < 41; ++x) {
      image.data<float>()[y * kSide + x] = 1;
    }
  }
  int cut = 0;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t seed = seeds();
    SCOPED_TRACE(concat("seed ", seed));
    const Pipeline pipeline = pipeline_of(
        "rotation(factor=0.5,fill_mode=constant),translation(height_factor=0.7,"
        "width_factor=0.7,fill_mode=constant),flip");
    const Box box =
        followed(pipeline, {.boxes = {kBox}, .keypoints = {}}, seed, 1)
            .boxes.at(0);
    const std::vector<std::uint32_t> ids{1};
    const Tensor seen =
        applied(pipeline, image, {.seed = seed, .sample_ids = ids});
    double pixels = 0;
    for (const float value : seen.values<float>()) pixels += value;
    EXPECT_NEAR(box.visible, pixels / (21 * 12), 0.13);
    if (!box.valid) {
      EXPECT_EQ(box.visible, 0);
      continue;
    }
    const Window inside = brighter(seen, 0.5);
    const double half = GetParam() == Fusion::single ? 0.51 : 0.7;
    EXPECT_GE(inside.x0, box.x0 - half);
    EXPECT_GE(inside.y0, box.y0 - half);
    EXPECT_LE(inside.x1, box.x1 + half);
    EXPECT_LE(inside.y1, box.y1 + half);
    if (box.visible < 0.1F) continue;  // slivers are dark
    const Window touched = brighter(seen, 0.01F);
    EXPECT_LE(touched.x0, box.x0 + 1);
    EXPECT_LE(touched.y0, box.y0 + 1);
    EXPECT_GE(touched.x1, box.x1 - 1);
    EXPECT_GE(touched.y1, box.y1 - 1);
    cut += box.visible < 0.9F ? 1 : 0;
  }
  EXPECT_GT(cut, 10);
}

INSTANTIATE_TEST_SUITE_P(Fusions, Follow,
                         ::testing::Values(Fusion::single, Fusion::exact));

// White images, of which what is erased is black: a keypoint in the middle of a
// pixel is hidden where its pixel is black, and nowhere else.
TEST(Following, KeypointsUnderWhatIsErasedAreHidden) {
  std::vector<Keypoint> points;
  for (int y = 0; y < kSide; y += 3) {
    for (int x = 0; x < kSide; x += 3) {
      points.push_back({.x = static_cast<float>(x) + 0.5F,
                        .y = static_cast<float>(y) + 0.5F});
    }
  }
  const Tensor white = Tensor::from<float>(
      {1, kSide, kSide, 1}, std::vector<float>(kSide * kSide, 1));
  for (const std::string text :
       {"erasing(p=1)", "cutout(holes=1:3)", "grid_mask", "flip,cutout=0.3",
        "erasing(scale=0.2:0.3,p=1),grid_mask(unit=0.2:0.4,masks=true)"}) {
    for (int i = 0; i < 10; ++i) {
      const std::uint64_t seed = std::random_device{}();
      SCOPED_TRACE(concat(text, ", seed ", seed));
      const Pipeline pipeline = parse(text);
      const Annotations seen =
          followed(pipeline, {.boxes = {}, .keypoints = points}, seed, 4);
      const std::vector<std::uint32_t> ids{4};
      const Tensor image =
          applied(pipeline, white, {.seed = seed, .sample_ids = ids});
      int hidden = 0;
      for (const Keypoint& point : seen.keypoints) {
        const auto x = static_cast<std::int64_t>(point.x);
        const auto y = static_cast<std::int64_t>(point.y);
        const bool black = image.data<float>()[y * kSide + x] == 0;
        ASSERT_EQ(point.visibility,
                  black ? Visibility::hidden : Visibility::visible)
            << x << ", " << y;
        hidden += black ? 1 : 0;
      }
      EXPECT_GT(hidden, 0);
      EXPECT_LT(hidden, static_cast<int>(points.size()));
    }
  }
}

TEST(Following, ASampleIsTheSameAloneAndInAnyBatch) {
  const Pipeline pipeline = parse("flip,rotation=0.3,zoom=0.3,translation=0.2");
  std::vector<Annotations> batch(5, {.boxes = {kBox}, .keypoints = outline()});
  const std::vector<std::uint32_t> ids{9, 2, 7, 7, 1};
  pipeline.follow(batch, {.seed = 3, .sample_ids = ids}, kSize);
  for (std::size_t n = 0; n < ids.size(); ++n) {
    const Annotations alone = followed(
        pipeline, {.boxes = {kBox}, .keypoints = outline()}, 3, ids[n]);
    EXPECT_EQ(alone.boxes[0].x0, batch[n].boxes[0].x0);
    EXPECT_EQ(alone.boxes[0].y1, batch[n].boxes[0].y1);
    for (std::size_t i = 0; i < alone.keypoints.size(); ++i) {
      EXPECT_EQ(alone.keypoints[i].x, batch[n].keypoints[i].x);
      EXPECT_EQ(alone.keypoints[i].visibility,
                batch[n].keypoints[i].visibility);
    }
  }
}

TEST(Following, BoxesAreClippedAndKeepTheirPlaces) {
  const Annotations given{
      .boxes = {{.x0 = -10, .y0 = 5, .x1 = 10, .y1 = 70, .class_id = 1},
                {.x0 = 70, .y0 = 0, .x1 = 80, .y1 = 9, .class_id = 2},
                {.x0 = 9, .y0 = 9, .x1 = 9, .y1 = 12},
                {.x0 = 1, .y0 = 1, .x1 = 9, .y1 = 9, .valid = false}},
      .keypoints = {
          {.x = 3, .y = 4, .visibility = Visibility::hidden, .box = 1},
          {.x = 3, .y = 64.5F},
          {.x = 3, .y = 4, .visibility = Visibility::unlabelled}}};
  const Annotations seen = followed(Pipeline{}, given, 0, 0);
  ASSERT_EQ(seen.boxes.size(), 4U);
  EXPECT_EQ(seen.boxes[0].x0, 0);
  EXPECT_EQ(seen.boxes[0].y0, 5);
  EXPECT_EQ(seen.boxes[0].x1, 10);
  EXPECT_EQ(seen.boxes[0].y1, 64);
  EXPECT_TRUE(seen.boxes[0].valid);
  for (const std::size_t gone : {1U, 2U, 3U}) {
    EXPECT_FALSE(seen.boxes[gone].valid);
  }
  EXPECT_EQ(seen.keypoints[0].visibility, Visibility::hidden);
  EXPECT_EQ(seen.keypoints[0].x, 3);
  EXPECT_EQ(seen.keypoints[0].box, 1);
  EXPECT_EQ(seen.keypoints[1].visibility, Visibility::unlabelled);
  EXPECT_EQ(seen.keypoints[2].visibility, Visibility::unlabelled);
  EXPECT_EQ(seen.keypoints[2].x, 0);
}

// Moved half its width beyond the border, in one pass and in two.
TEST(Following, MinimumVisibilityIsOfTheFirstArea) {
  const Annotations given{.boxes = {{.x0 = 0, .y0 = 8, .x1 = 32, .y1 = 40}},
                          .keypoints = {}};
  for (const Fusion fusion : {Fusion::single, Fusion::exact}) {
    const Pipeline pipeline = parse(
        "translation(height_factor=0:0,width_factor=-0.25:-0.25,"
        "fill_mode=constant),"
        "zoom(height_factor=0.5:0.5,fill_mode=constant)",
        {.fusion = fusion});
    for (const float least : {0.4F, 0.6F}) {
      const Box box =
          followed(pipeline, given, 0, 0, {.minimum_visibility = least})
              .boxes[0];
      // Where both are one pass, what was beyond the border is seen again.
      const bool again = fusion == Fusion::single;
      EXPECT_NEAR(box.visible, again ? 1 : 0.5, 1e-5);
      EXPECT_EQ(box.valid, again || least < 0.5F);
    }
  }
}

TEST(Following, RefusesWhatDoesNotFit) {
  std::vector<Annotations> batch(2);
  const std::vector<std::uint32_t> ids{1, 2};
  const auto refuses = [&](const char* text, std::size_t annotations,
                           std::size_t samples) {
    EXPECT_THROW(
        parse(text).follow(
            std::span(batch).first(annotations),
            {.seed = 0, .sample_ids = std::span(ids).first(samples)}, kSize),
        Error);
  };
  refuses("flip", 1, 2);
  refuses("mixup", 1, 1);
  refuses("copy_paste", 2, 2);
}

}  // namespace
}  // namespace lathe::augment
