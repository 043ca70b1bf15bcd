#include "train/trainer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "augment/random_flip.h"
#include "augment/random_rotation.h"
#include "core/error.h"
#include "models/keras_file.h"
#include "models/unet.h"
#include "tests/support/compare.h"
#include "tests/support/temporary_folder.h"
#include "train/callbacks/model_checkpoint.h"
#include "train/data/scene_set.h"
#include "train/extended_model.h"

namespace lathe::train {
namespace {

using testing::expect_identical;
using testing::TemporaryFolder;

models::Model small_unet(std::uint64_t seed = 3) {
  models::Model model = models::unet(
      {.size = {32, 32}, .entry_filters = 4, .filters = {8, 12, 16}});
  model.initialize(seed);
  return model;
}

SceneSet scenes(std::int64_t count) {
  return SceneSet({.size = {32, 32}, .count = count, .batch_size = 4});
}

augment::Pipeline augmentation() {
  return {augment::RandomFlip{"horizontal_and_vertical"},
          augment::RandomRotation{.factor = 0.1}};
}

void expect_same_weights(const models::Model& a, const models::Model& b) {
  const auto left = a.weights();
  const auto right = b.weights();
  ASSERT_EQ(left.size(), right.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    SCOPED_TRACE(concat("weight ", i));
    expect_identical(left[i].tensor, right[i].tensor);
  }
}

TEST(Trainer, LearnsTheScenes) {
  const SceneSet data = scenes(64);
  Trainer trainer(small_unet(), {.optimizer = Adam{.learning_rate = 1e-2}});
  trainer.fit(data, {.epochs = 6});
  const auto& history = trainer.position().history;
  ASSERT_EQ(history.size(), 6U);
  EXPECT_LT(log_value(history.back(), "loss"),
            0.6 * log_value(history.front(), "loss"));
  // Inference is as good from the start: the statistics don't lag behind.
  const Evaluation evaluation = trainer.evaluate(data, {});
  EXPECT_NEAR(evaluation.confusion.accuracy(),
              log_value(history.back(), "accuracy"), 0.05);
}

TEST(Trainer, AResumedRunIsTheSameBitForBit) {
  const TemporaryFolder folder;
  const SceneSet data = scenes(22);
  const auto run = [&](std::int64_t epochs, int threads,
                       const std::filesystem::path& from) {
    auto trainer = std::make_unique<ExtendedModel>(small_unet(), augmentation(),
                                                   TrainerOptions{.seed = 11});
    if (!from.empty()) trainer->resume(from);
    trainer->fit(data, {.epochs = epochs, .loader = {.threads = threads}});
    return trainer;
  };
  const auto whole = run(4, 2, {});
  run(2, 1, {})->save(folder.path() / "half.keras");
  const auto resumed = run(4, 3, folder.path() / "half.keras");
  expect_same_weights(whole->model(), resumed->model());
  EXPECT_EQ(whole->position().history, resumed->position().history);
  EXPECT_EQ(whole->position().step, resumed->position().step);
}

// Stops in the middle of the second epoch.
class StopAt : public Callback {
 public:
  StopAt(std::int64_t step, std::atomic<bool>& flag)
      : step_(step), flag_(flag) {}
  void on_step_end(Trainer&, const StepReport& report) override {
    if (report.step == step_) flag_ = true;
  }

 private:
  std::int64_t step_;
  std::atomic<bool>& flag_;
};

TEST(Trainer, AStoppedRunGoesOnInTheMiddleOfAnEpoch) {
  const TemporaryFolder folder;
  const SceneSet data = scenes(22);
  const TrainerOptions options{.seed = 5};
  ExtendedModel whole(small_unet(), augmentation(), options);
  EXPECT_TRUE(whole.fit(data, {.epochs = 3}));
  std::atomic<bool> stop{false};
  ExtendedModel stopped(small_unet(), augmentation(), options);
  EXPECT_FALSE(stopped.fit(
      data, {.epochs = 3, .callbacks = {StopAt(7, stop)}, .stop = &stop}));
  EXPECT_EQ(stopped.position().step_of_epoch, 2);
  stopped.save(folder.path() / "stopped.keras");
  ExtendedModel resumed(small_unet(), augmentation(), options);
  resumed.resume(folder.path() / "stopped.keras");
  EXPECT_TRUE(resumed.fit(data, {.epochs = 3}));
  expect_same_weights(whole.model(), resumed.model());
  EXPECT_EQ(whole.position().history, resumed.position().history);
}

TEST(Trainer, AugmentationInTheLoaderGivesTheSameWeightsAsInTheStep) {
  const SceneSet data = scenes(16);
  const TrainerOptions options{.seed = 9};
  ExtendedModel in_step(small_unet(), augmentation(), options);
  in_step.fit(data, {.epochs = 2});
  Trainer in_loader(small_unet(), options);
  in_loader.fit(data,
                {.epochs = 2,
                 .loader = {.transform = ExtendedModel::in_loader(
                                augmentation(), 9, in_loader.image_scale())}});
  expect_same_weights(in_step.model(), in_loader.model());
}

TEST(Trainer, RefusesToResumeWithAnotherSeedOrFromAModelAlone) {
  const TemporaryFolder folder;
  Trainer trainer(small_unet(), {.seed = 1});
  trainer.save(folder.path() / "one.keras");
  Trainer other(small_unet(), {.seed = 2});
  EXPECT_THROW(other.resume(folder.path() / "one.keras"), Error);
  models::save(small_unet(), folder.path() / "plain.keras");
  EXPECT_THROW(other.resume(folder.path() / "plain.keras"), Error);
  other.load_weights(folder.path() / "one.keras");
  expect_same_weights(other.model(), trainer.model());
}

TEST(Trainer, StopsWhenTheLossIsNotFinite) {
  Trainer trainer(small_unet(), {});
  trainer.model().weights().front().tensor.values<float>()[0] =
      std::numeric_limits<float>::quiet_NaN();
  try {
    trainer.fit(scenes(8), {.epochs = 1});
    FAIL() << "a loss of nan went unnoticed";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("step 1"), std::string::npos)
        << error.what();
  }
}

TEST(Trainer, RefusesFewerSamplesThanABatch) {
  Trainer trainer(small_unet(), {});
  EXPECT_THROW(trainer.fit(scenes(3), {.epochs = 1}), Error);
}

TEST(Trainer, ManyClassesLearnFromLabelsAndSkipIgnoredPixels) {
  models::Model model = models::unet({.size = {32, 32},
                                      .classes = 3,
                                      .entry_filters = 4,
                                      .filters = {8, 12, 16}});
  Trainer trainer(model, {.loss = SparseCategoricalCrossentropy{},
                          .metrics = {"accuracy", "mean_iou"}});
  Batch batch;
  batch.images = Tensor({2, 32, 32, 3}, DType::uint8);
  batch.targets = Tensor({2, 32, 32, 1}, DType::uint8);
  batch.sample_ids = {0, 1};
  batch.size = 2;
  for (auto& value : batch.targets.values<std::uint8_t>()) value = 255;
  batch.targets.values<std::uint8_t>()[5] = 2;
  const StepResult result = trainer.train_step(batch);
  std::int64_t counted = 0;
  for (const std::int64_t count :
       result.counts.confusion.values<std::int64_t>()) {
    counted += count;
  }
  EXPECT_EQ(counted, 1);
  EXPECT_GT(result.loss, 0);
}

// A user's own step: it sees every batch.
class CountingTrainer : public Trainer {
 public:
  using Trainer::Trainer;
  StepResult train_step(Batch& batch) override {
    ++steps;
    return Trainer::train_step(batch);
  }
  int steps = 0;
};

TEST(Trainer, CallsAnOverriddenStep) {
  CountingTrainer trainer(small_unet(), {});
  trainer.fit(scenes(12), {.epochs = 2});
  EXPECT_EQ(trainer.steps, 6);
}

TEST(ModelCheckpoint, KeepsTheBestUnderTheFilledInName) {
  const TemporaryFolder folder;
  const SceneSet data = scenes(16);
  Trainer trainer(small_unet(), {});
  const auto checkpoint = std::make_shared<ModelCheckpoint>(
      folder.path() / "model.{epoch:02d}-{loss:.3f}.keras",
      ModelCheckpointOptions{
          .monitor = "accuracy", .mode = "min", .save_best_only = true});
  trainer.fit(data, {.epochs = 3, .callbacks = {checkpoint}});
  const auto& history = trainer.position().history;
  std::size_t expected = 0;
  double best = 2;
  for (const Logs& row : history) {
    const double accuracy = log_value(row, "accuracy");
    expected += accuracy < best ? 1 : 0;
    best = std::min(best, accuracy);
  }
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    files += entry.path().extension() == ".keras" ? 1 : 0;
  }
  EXPECT_EQ(files, expected);
  char first[64];
  std::snprintf(first, sizeof(first), "model.01-%.3f.keras",
                log_value(history[0], "loss"));
  EXPECT_TRUE(std::filesystem::exists(folder.path() / first)) << first;
}

TEST(ModelCheckpoint, FillsInAsPythonWould) {
  const Logs logs{{"loss", 0.05768}, {"val_loss", 12.5}};
  EXPECT_EQ(fill_in("model.{epoch:02d}-{loss:.3f}.keras", 2, logs),
            "model.02-0.058.keras");
  EXPECT_EQ(fill_in("{epoch}_{val_loss:.1f}", 12, logs), "12_12.5");
  EXPECT_EQ(fill_in("{epoch:04d}", 7, logs), "0007");
  EXPECT_THROW(fill_in("{accuracy:.2f}", 1, logs), Error);
  EXPECT_THROW(fill_in("{epoch:.2f}", 1, logs), Error);
  EXPECT_THROW(fill_in("{loss", 1, logs), Error);
}

}  // namespace
}  // namespace lathe::train
