#include <gtest/gtest.h>

#include "augment/random_flip.h"
#include "augment/random_rotation.h"
#include "core/error.h"
#include "models/keras_file.h"
#include "tests/support/compare.h"
#include "tests/support/temporary_folder.h"
#include "tests/train/label_set.h"
#include "train/callbacks/reduce_lr_on_plateau.h"
#include "train/extended_model.h"

namespace lathe::train {
namespace {

using testing::LabelSet;
using testing::small_classifier;
using testing::TemporaryFolder;

void expect_same_weights(const models::Model& a, const models::Model& b) {
  const auto left = a.weights();
  const auto right = b.weights();
  ASSERT_EQ(left.size(), right.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    SCOPED_TRACE(concat("weight ", i));
    testing::expect_identical(left[i].tensor, right[i].tensor);
  }
}

TrainerOptions everything(Optimizer optimizer) {
  return {.optimizer = std::move(optimizer),
          .schedule = Cosine{.warmup_steps = 5, .decay_steps = 25},
          .loss = SparseCategoricalCrossentropy{.label_smoothing = 0.1},
          .class_weights = {1, 2, 1, 0.5, 1, 1},
          .metrics = {"accuracy", "top_5_accuracy"},
          .seed = 21};
}

std::unique_ptr<Trainer> make(const TrainerOptions& options) {
  return std::make_unique<ExtendedModel>(
      small_classifier(6),
      augment::Pipeline{augment::RandomFlip{"horizontal"},
                        augment::RandomRotation{.factor = 0.1}},
      options);
}

void fit(Trainer& trainer, const Dataset& data, std::int64_t epochs,
         int threads, const std::atomic<bool>* stop = nullptr,
         std::vector<AnyCallback> callbacks = {}) {
  callbacks.emplace_back(ReduceLROnPlateau{
      {.monitor = "loss", .min_delta = 1, .patience = 1, .factor = 0.5}});
  trainer.fit(data, {.epochs = epochs,
                     .validation = &data,
                     .callbacks = callbacks,
                     .loader = {.threads = threads},
                     .stop = stop});
}

// With AdamW, averages, accumulation over a number of steps that does not
// divide an epoch, a schedule, plateaus, smoothing, shuffling, augmentation and
// dropout: 3 + 3 epochs are 6.
TEST(Resume, IsBitEqualWithEverythingOn) {
  const TemporaryFolder folder;
  const LabelSet data(30, 6, 4);
  const std::vector<std::string> texts{
      "adamw(use_ema=true,gradient_accumulation_steps=4,global_clipnorm=1,"
      "exclude_from_weight_decay=bias:gamma:beta)",
      "sgd(momentum=0.9,nesterov=true,clipnorm=0.5)",
      "rmsprop(momentum=0.5,centered=true,use_ema=true)",
      "lion(weight_decay=0.1,gradient_accumulation_steps=2)"};
  for (const std::string& text : texts) {
    SCOPED_TRACE(text);
    const TrainerOptions options = everything(optimizer_from(text, 1e-2));
    const auto whole = make(options);
    fit(*whole, data, 6, 2);
    const auto half = make(options);
    fit(*half, data, 3, 1);
    half->save(folder.path() / "half.keras");
    const auto resumed = make(options);
    resumed->resume(folder.path() / "half.keras");
    expect_same_weights(half->model(), resumed->model());
    fit(*resumed, data, 6, 3);
    expect_same_weights(whole->model(), resumed->model());
    EXPECT_EQ(whole->position().history, resumed->position().history);
    EXPECT_EQ(whole->learning_rate(), resumed->learning_rate());
    EXPECT_LT(whole->learning_rate(), 1e-2);
    // The files are the same as well, but for their dates.
    whole->save(folder.path() / "whole.keras");
    resumed->save(folder.path() / "resumed.keras");
    const auto a = make(options);
    const auto b = make(options);
    a->resume(folder.path() / "whole.keras");
    b->resume(folder.path() / "resumed.keras");
    fit(*a, data, 7, 1);
    fit(*b, data, 7, 1);
    expect_same_weights(a->model(), b->model());
  }
}

// Keras keeps nothing of epochs.
TEST(Resume, BeginsEpochsAnewFromFilesOfKeras) {
  const TemporaryFolder folder;
  const auto ours = folder.path() / "ours.keras";
  const auto keras = folder.path() / "keras.keras";
  const LabelSet data(30, 6, 4);
  const TrainerOptions options = everything(optimizer_from("adam", 1e-2));
  const auto trained = make(options);
  fit(*trained, data, 3, 1);
  trained->set_learning_rate(3e-3);
  trained->save(ours);
  auto file = models::load_with_training(ours);
  file.training->extra = models::TrainingState().extra;
  file.training->options["learning_rate"] = 3e-3;
  models::save(file.model, keras, file.training);
  const auto resumed = make(options);
  resumed->resume(keras);
  expect_same_weights(trained->model(), resumed->model());
  EXPECT_EQ(resumed->position().epoch, 0);
  EXPECT_EQ(resumed->position().step, trained->position().step);
  EXPECT_NEAR(resumed->learning_rate(), 3e-3, 1e-9);  // kept as a float32
  // The optimizer's state, and statistics that no longer correct their start.
  resumed->save(keras);
  const auto again = models::load_with_training(keras);
  EXPECT_EQ(again.training->iterations, file.training->iterations);
  for (std::size_t i = 0; i < file.training->slots.size(); ++i) {
    for (std::size_t k = 0; k < 2; ++k) {
      testing::expect_identical(again.training->slots[i][k],
                                file.training->slots[i][k]);
    }
  }
  EXPECT_GT(resumed->position().statistics_count, 1000);
}

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

TEST(Resume, GoesOnInTheMiddleOfAnEpochAndOfAnAccumulation) {
  const TemporaryFolder folder;
  const LabelSet data(30, 6, 4);
  const TrainerOptions options = everything(optimizer_from(
      "adamw(use_ema=true,gradient_accumulation_steps=4)", 0.01));
  const auto whole = make(options);
  fit(*whole, data, 3, 2);
  std::atomic<bool> stop{false};
  const auto stopped = make(options);
  fit(*stopped, data, 3, 1, &stop, {StopAt(10, stop)});
  EXPECT_EQ(stopped->position().step_of_epoch, 3);
  stopped->save(folder.path() / "stopped.keras");
  const auto resumed = make(options);
  resumed->resume(folder.path() / "stopped.keras");
  fit(*resumed, data, 3, 1);
  expect_same_weights(whole->model(), resumed->model());
  EXPECT_EQ(whole->position().history, resumed->position().history);
}

TEST(Resume, RefusesAnotherOptimizer) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "adam.keras";
  const auto with = [&](const std::string& text) {
    return make(everything(optimizer_from(text, 1e-2)));
  };
  with("adam")->save(path);
  with("adam")->resume(path);
  for (const char* text : {"sgd", "adamw", "adam(use_ema=true)",
                           "adam(gradient_accumulation_steps=2)"}) {
    SCOPED_TRACE(text);
    try {
      with(text)->resume(path);
      FAIL() << "another optimizer's state was taken";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("adam.keras"), std::string::npos)
          << error.what();
    }
  }
}

TEST(Averages, AreInTheModelBetweenEpochs) {
  const LabelSet data(16, 6, 4);
  const TrainerOptions options =
      everything(optimizer_from("sgd(use_ema=true,ema_momentum=0.9)", 0.1));
  const auto trainer = make(options);
  fit(*trainer, data, 2, 1);
  const Tensor average = trainer->model().layer("top").weights()[0].tensor;
  const Tensor before = average.clone();
  trainer->use_averages(false);
  const Tensor raw = average.clone();
  trainer->use_averages(true);
  testing::expect_identical(average, before);
  EXPECT_NE(raw.values<float>()[0], before.values<float>()[0]);
  // Training is on the weights whatever is in the model.
  const auto other = make(options);
  fit(*other, data, 2, 1);
  other->use_averages(false);
  fit(*trainer, data, 3, 1);
  fit(*other, data, 3, 1);
  expect_same_weights(trainer->model(), other->model());
}

}  // namespace
}  // namespace lathe::train
