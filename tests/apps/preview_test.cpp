// Runs augment_preview as a user would.

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "apps/preview_sheet.h"
#include "augment/parse.h"
#include "core/image/read_image.h"
#include "core/image/write_image.h"
#include "tests/apps/run_app.h"
#include "tests/support/compare.h"
#include "tests/support/temporary_folder.h"
#include "train/data/scenes.h"
#include "train/report/font.h"
#include "train/report/samples.h"

namespace lathe {
namespace {

namespace fs = std::filesystem;
using testing::expect_mentions;
using testing::run;
using testing::TemporaryFolder;

constexpr std::int64_t kSide = 40;
constexpr std::int64_t kGap = 8;

// Three scenes, of the size that is asked for, so that nothing is resized.
class Preview : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder_.path() / "images");
    fs::create_directories(folder_.path() / "masks");
    for (std::uint32_t i = 0; i < 3; ++i) {
      const Tensor image({kSide, kSide, 3}, DType::uint8);
      const Tensor mask({kSide, kSide, 1}, DType::uint8);
      train::draw_scene(1, i, image, mask);
      const std::string name = "photo " + std::to_string(i) + ".png";
      image::write_png(folder_.path() / "images" / name, image);
      image::write_png(folder_.path() / "masks" / name, mask);
    }
  }
  std::string path(const std::string& name) const {
    return concat("'", (folder_.path() / name).string(), "'");
  }
  std::string preview(const std::string& options) const {
    return "augment_preview --images " + path("images") +
           " --size 40 --output " + path("sheet.png") + " " + options;
  }
  Tensor sheet() const {
    return image::read_image(folder_.path() / "sheet.png");
  }

  TemporaryFolder folder_;
};

/// A square of a picture.
Tensor part(const Tensor& picture, std::int64_t x, std::int64_t y) {
  const Tensor result({kSide, kSide, 3}, DType::uint8);
  for (std::int64_t row = 0; row < kSide; ++row) {
    const std::uint8_t* from =
        picture.data<std::uint8_t>() + ((y + row) * picture.shape()[1] + x) * 3;
    std::copy_n(from, kSide * 3, result.data<std::uint8_t>() + row * kSide * 3);
  }
  return result;
}

// A training of seed 7 draws its second epoch under number 1.
TEST_F(Preview, ReplaysWhatATrainingSaw) {
  const std::string text = "flip,rotation=0.2,brightness=0.3";
  const testing::Result result = run(preview(
      "--masks " + path("masks") + " --augment " + text + " --replay 7,2,1"));
  const augment::Pipeline pipeline = augment::parse(text);
  expect_mentions(
      result, 0,
      {"sample 1 (photo 1.png), seed 7, epoch 2", pipeline.replay(7, 1, 1)});
  const Tensor image({1, kSide, kSide, 3}, DType::uint8);
  const Tensor mask({1, kSide, kSide, 1}, DType::uint8);
  train::draw_scene(1, 1, image.reshaped({kSide, kSide, 3}),
                    mask.reshaped({kSide, kSide, 1}));
  const Tensor images(image.shape(), DType::uint8);
  const Tensor masks(mask.shape(), DType::uint8);
  const std::uint32_t id = 1;
  pipeline.apply({.images = image, .masks = mask},
                 {.seed = 7, .epoch = 1, .sample_ids = {&id, 1}},
                 {.images = images, .masks = masks});
  const auto shown = [](const Tensor& of, const Tensor& by) {
    return train::overlay(of.reshaped({kSide, kSide, 3}),
                          by.reshaped({kSide, kSide, 1}));
  };
  testing::expect_identical(part(sheet(), kGap, kGap), shown(image, mask));
  testing::expect_identical(part(sheet(), 2 * kGap + kSide, kGap),
                            shown(images, masks));
}

TEST_F(Preview, HasARowASampleAndAColumnADraw) {
  expect_mentions(
      run(preview("--augment 'one_of(flip,invert)' --samples 3 --draws 5"
                  " --seed 2")),
      0, {"one_of", "sheet.png"});
  EXPECT_EQ(sheet().shape()[1], kGap + 6 * (kSide + kGap));
  EXPECT_GT(sheet().shape()[0], 3 * (kSide + kGap));
}

TEST_F(Preview, ShowsEachOperationByItself) {
  expect_mentions(
      run(preview("--each --no-captions --draws 1 --no-tint --masks " +
                  path("masks") + " --augment invert=1,pad=48")),
      0, {"sheet.png"});
  EXPECT_EQ(sheet().shape()[1], kGap + 2 * (48 + kGap));
  const Tensor original = part(sheet(), kGap, kGap);
  testing::expect_identical(
      original, image::read_image(folder_.path() / "images" / "photo 0.png"));
  for (std::uint8_t& value : original.values<std::uint8_t>())
    value = 255 - value;
  testing::expect_identical(part(sheet(), 2 * kGap + 48, kGap), original);
  expect_mentions(run(preview("--each --replay 1,1,1")), 2, {"--each"});
}

TEST_F(Preview, TakesOnlyTheFirstSamples) {
  const auto height = [&](const std::string& options) {
    expect_mentions(run(preview("--no-captions " + options)), 0, {});
    return sheet().shape()[0];
  };
  EXPECT_EQ(height("--limit 2"), height("--samples 2"));
  EXPECT_LT(height("--limit 2"), height(""));
  expect_mentions(run(preview("--limit 2 --replay 1,1,2")), 1,
                  {"there is no sample 2; there are 0 to 1"});
}

TEST_F(Preview, ReadsPipelinesFromFiles) {
  testing::write_bytes(folder_.path() / "all.json",
                       R"([{"name": "hue", "factor": 0.2}])");
  expect_mentions(run(preview("--augment " + path("all.json"))), 0, {"hue"});
}

TEST_F(Preview, SaysWhatIsWrong) {
  expect_mentions(run(preview("--augment flop")), 1, {"did you mean 'flip'?"});
  expect_mentions(run(preview("--replay 1,1,3")), 1,
                  {"there is no sample 3; there are 0 to 2"});
  expect_mentions(run(preview("--replay 1,2")), 1, {"SEED,EPOCH,SAMPLE"});
  expect_mentions(run(preview("--replay 1,0,2")), 1, {"counted from 1"});
  expect_mentions(run("augment_preview --masks " + path("masks")), 2,
                  {"--images"});
}

TEST(PreviewSheet, OnlyCaptionsTakeLines) {
  const Tensor image({kSide, kSide, 3}, DType::uint8);
  const auto height = [&](const std::string& caption) {
    return apps::draw_sheet({{{.image = image, .caption = caption}}}).height();
  };
  EXPECT_EQ(height(""), kSide + 2 * kGap);
  EXPECT_EQ(height("no"), height("") + train::kGlyphHeight);
  EXPECT_EQ(height("flip yes, flip no"), height("") + 4 * train::kGlyphHeight);
}

TEST(PreviewSheet, RoundsTheNumbersOfCaptions) {
  EXPECT_EQ(apps::rounded("turn 0.123456, by -17.766514; seed 1504346, p 0.5"),
            "turn 0.1235, by -17.77; seed 1504346, p 0.5");
  EXPECT_EQ(apps::rounded("shift -1.2345678e-05"), "shift -1.235e-05");
  EXPECT_EQ(apps::rounded(""), "");
}

TEST(PreviewSheet, DrawsBoxesAndKeypointsThatAreSeen) {
  const Tensor black({20, 20, 3}, DType::uint8);
  apps::PreviewCell cell{.image = black};
  cell.annotations.boxes = {
      {.x0 = 4, .y0 = 4, .x1 = 12, .y1 = 12},
      {.x0 = 0, .y0 = 14, .x1 = 20, .y1 = 19, .valid = false}};
  cell.annotations.keypoints = {
      {.x = 8.5F, .y = 8.5F, .visibility = augment::Visibility::hidden},
      {.x = 17.5F, .y = 3.5F, .visibility = augment::Visibility::unlabelled}};
  const train::Canvas canvas = apps::draw_sheet({{cell}});
  const auto lit = [&](std::int64_t x, std::int64_t y) {
    const std::uint8_t* pixel = canvas.image().data<std::uint8_t>() +
                                ((y + kGap) * canvas.width() + x + kGap) * 3;
    return pixel[0] + pixel[1] + pixel[2] > 60;
  };
  EXPECT_TRUE(lit(4, 8));
  EXPECT_TRUE(lit(8, 4));
  EXPECT_TRUE(lit(8, 8));
  EXPECT_FALSE(lit(17, 3));
  EXPECT_FALSE(lit(10, 16));
}

}  // namespace
}  // namespace lathe
