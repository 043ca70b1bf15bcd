// augment_preview shows what a training saw of samples that were mixed with
// others of their batch.

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <string>

#include "apps/classifier_data.h"
#include "apps/classifier_model.h"
#include "apps/segmentation_data.h"
#include "apps/training_run.h"
#include "core/image/read_image.h"
#include "core/image/write_image.h"
#include "models/unet.h"
#include "tests/apps/run_app.h"
#include "tests/support/compare.h"
#include "tests/support/temporary_folder.h"
#include "train/data/scenes.h"
#include "train/extended_model.h"
#include "train/report/samples.h"

namespace lathe {
namespace {

namespace fs = std::filesystem;
using testing::expect_mentions;
using testing::run;

constexpr std::int64_t kSide = 32;
constexpr std::int64_t kGap = 8;
constexpr std::uint32_t kEpoch = 2;

/// Pictures as a sheet shows them, by their sample's number.
using Seen = std::map<std::uint32_t, Tensor>;

// Keeps what a trainer sees in that epoch.
class Watched : public train::ExtendedModel {
 public:
  using ExtendedModel::ExtendedModel;

  train::StepResult train_step(train::Batch& batch) override {
    const train::StepResult result = ExtendedModel::train_step(batch);
    if (batch.epoch + 1 != kEpoch) return result;
    for (std::size_t n = 0; n < batch.sample_ids.size(); ++n) {
      seen[batch.sample_ids[n]] = picture(batch, static_cast<std::int64_t>(n));
    }
    return result;
  }

  Seen seen;

 private:
  Tensor picture(const train::Batch& batch, std::int64_t n) const {
    const Tensor image({kSide, kSide, 3}, DType::uint8);
    const float* from = batch.images.rows(n, 1).data<float>();
    for (std::uint8_t& value : image.values<std::uint8_t>()) {
      value = static_cast<std::uint8_t>(std::lround(*from++ / image_scale()));
    }
    if (batch.targets.shape().rank() != 4) return image;
    return train::overlay(image,
                          batch.targets.rows(n, 1).reshaped({kSide, kSide, 1}));
  }
};

// Nine scenes, in two folders or by class.
class Replay : public ::testing::Test {
 protected:
  void SetUp() override {
    for (std::uint32_t i = 0; i < 9; ++i) {
      const Tensor image({40, 48, 3}, DType::uint8);
      const Tensor mask({40, 48, 1}, DType::uint8);
      train::draw_scene(1, i, image, mask);
      const std::string name = concat("photo ", i, ".png");
      const std::string kind = i % 3 == 0 ? "a" : "b";
      for (const std::string& folder :
           {std::string("images"), "classes/" + kind}) {
        fs::create_directories(path(folder));
        image::write_png(path(folder) / name, image);
      }
      fs::create_directories(path("masks"));
      image::write_png(path("masks") / name, mask);
    }
  }
  fs::path path(const std::string& name) const { return folder_.path() / name; }
  std::string quoted(const std::string& name) const {
    return concat("'", path(name).string(), "' ");
  }

  // What a run of the same options sees.
  template <class Options, class Data>
  Seen seen_by(const Options& options, const Data& data,
               const models::Model& model, train::Loss loss) const {
    train::TrainerOptions how = options.trainer_options();
    how.loss = std::move(loss);
    Watched trainer(model, apps::pipeline_of(options), how);
    trainer.fit(*data.train,
                {.epochs = kEpoch, .loader = options.loader_options()});
    return trainer.seen;
  }

  // The right one of the sheet's two pictures.
  Tensor replayed(const std::string& command) const {
    expect_mentions(
        run("augment_preview --output " + quoted("sheet.png") + command), 0,
        {"seed 5, epoch 2"});
    const Tensor sheet = image::read_image(path("sheet.png"));
    const Tensor result({kSide, kSide, 3}, DType::uint8);
    for (std::int64_t y = 0; y < kSide; ++y) {
      const auto* from = sheet.data<std::uint8_t>() +
                         ((kGap + y) * sheet.shape()[1] + 2 * kGap + kSide) * 3;
      std::copy_n(from, kSide * 3, result.data<std::uint8_t>() + y * kSide * 3);
    }
    return result;
  }

  // Both forms show what was seen, of all that were.
  void expect_replays(const Seen& seen, const std::string& by_options) const {
    for (const auto& [id, picture] : seen) {
      SCOPED_TRACE(concat("sample ", id));
      const Tensor shown =
          replayed(concat("--run ", quoted("run"), "--replay 2,", id));
      // The step's floats, here rounded to bytes, were bytes there.
      testing::expect_close(shown, picture, 0, 1);
      testing::expect_identical(
          replayed(concat(by_options, " --replay 5,2,", id)), shown);
    }
  }

  testing::TemporaryFolder folder_;
};

TEST_F(Replay, ShowsTheBatchOfASegmentation) {
  const std::string augmentation =
      "flip,mixup(p=0.5),cutmix(p=0.5),mosaic(p=0.5),copy_paste=0.5";
  const std::string common =
      concat("--size 32 --batch 3 --val-fraction 0.2 --limit 7 --augment '",
             augmentation, "' --images ", quoted("images"), "--masks ",
             quoted("masks"));
  expect_mentions(run("train_segmentation --seed 5 --epochs 1 --output " +
                      quoted("run") + common),
                  0, {"Saved"});
  apps::SegmentationOptions options;
  options.images = path("images");
  options.masks = path("masks");
  options.seed = 5;
  options.size = kSide;
  options.batch = 3;
  options.val_fraction = 0.2;
  options.limit = 7;
  options.augment = augmentation;
  const auto data = apps::open_data(options);
  const Seen seen =
      seen_by(options, data,
              models::unet(
                  {.size = {kSide, kSide}, .entry_filters = 4, .filters = {8}}),
              train::BinaryCrossentropy{});
  // Of six that are trained on all, and none that validates.
  ASSERT_EQ(seen.size(), 6U);
  expect_replays(seen, common);
  const std::string replay =
      "augment_preview --run " + quoted("run") + "--replay ";
  expect_mentions(run(concat(replay, "2,", data.validation->sample_id(0))), 1,
                  {"validates"});
  expect_mentions(run(replay + "2,9"), 1, {"no sample 9", "it has 6"});
  expect_mentions(run(replay + "5,2,1"), 1, {"EPOCH,SAMPLE, two whole"});
  expect_mentions(run(replay + "2,1 --batch 4"), 2, {"--run", "--batch"});
  // Another batch, other partners: it isn't by chance that they agree.
  int others = 0;
  for (const auto& [id, picture] : seen) {
    const Tensor shown =
        replayed(concat(common, " --no-shuffle --replay 5,2,", id));
    for (std::int64_t i = 0; i < shown.elements(); ++i) {
      if (std::abs(testing::element(shown, i) - testing::element(picture, i)) >
          1) {
        ++others;
        break;
      }
    }
  }
  EXPECT_GT(others, 0);
}

TEST_F(Replay, ShowsTheCropsOfASegmentation) {
  expect_mentions(
      run(concat("train_segmentation --seed 5 --epochs 1 --output ",
                 quoted("run"), "--crop 32 --crop-balanced --batch 3 ",
                 "--val-fraction 0.2 --limit 4 --images ", quoted("images"),
                 "--masks ", quoted("masks"))),
      0, {"Saved"});
  apps::SegmentationOptions options;
  options.images = path("images");
  options.masks = path("masks");
  options.seed = 5;
  options.size = options.crop = kSide;
  options.crop_balanced = true;
  options.batch = 3;
  options.val_fraction = 0.2;
  options.limit = 4;
  options.augment = "flip=horizontal_and_vertical";
  const Seen seen =
      seen_by(options, apps::open_data(options),
              models::unet(
                  {.size = {kSide, kSide}, .entry_filters = 4, .filters = {8}}),
              train::BinaryCrossentropy{});
  ASSERT_EQ(seen.size(), 3U);
  for (const auto& [id, picture] : seen) {
    SCOPED_TRACE(concat("sample ", id));
    testing::expect_close(
        replayed(concat("--run ", quoted("run"), "--replay 2,", id)), picture,
        0, 1);
  }
}

TEST_F(Replay, ShowsTheBatchOfAClassifier) {
  const std::string augmentation = "flip=horizontal,rotation=0.1,mixup";
  const std::string common =
      concat("--size 32 --batch 2 --val-fraction 0.3 --limit 8 --augment ",
             augmentation);
  expect_mentions(
      run("train_classifier --model convnet --seed 5 --epochs 1 --output " +
          quoted("run") + common + " --data " + quoted("classes")),
      0, {"Saved"});
  apps::ClassifierOptions options;
  options.data = path("classes");
  options.model = "convnet";
  options.seed = 5;
  options.size = kSide;
  options.batch = 2;
  options.val_fraction = 0.3;
  options.limit = 8;
  options.augment = augmentation;
  const auto data = apps::open_data(options);
  const Seen seen = seen_by(
      options, data, apps::make_classifier(options, {}, data.class_names),
      train::SparseCategoricalCrossentropy{});
  // Three of eight validate, of the others there are two batches.
  ASSERT_EQ(seen.size(), 4U);
  expect_replays(seen, common + " --images " + quoted("classes"));
  // Other data, other numbers.
  fs::remove(path("classes/a/photo 0.png"));
  fs::remove(path("classes/a/photo 3.png"));
  expect_mentions(
      run("augment_preview --run " + quoted("run") + "--replay 2,1"), 1,
      {"run.json: its data were 8 images in 2 classes, 3 to 5 a class",
       "and are now 7 images in 2 classes, 1 to 6 a class"});
}

TEST_F(Replay, SaysWhatATrainingDidNotSee) {
  const std::string command = "augment_preview --augment mixup --images " +
                              quoted("images") + "--masks " + quoted("masks") +
                              "--val-fraction 0 --no-shuffle ";
  // Nine samples in order are two batches of four and one more.
  expect_mentions(
      run(command + "--batch 4 --replay 1,1,8"), 1,
      {"doesn't see sample 8 in epoch 1", "9 samples fill 2 batches of 4"});
  expect_mentions(run(command + "--batch 1 --replay 1,1,8"), 1,
                  {"batch of one"});
  expect_mentions(run(command + "--replay 1,1,8"), 1,
                  {"9 samples fill 0 batches of 16"});
  expect_mentions(run("augment_preview --run " + quoted("images")), 1,
                  {"run.json"});
  testing::write_bytes(path("images/run.json"), "{}");
  expect_mentions(run("augment_preview --run " + quoted("images")), 1,
                  {"run.json"});
}

}  // namespace
}  // namespace lathe
