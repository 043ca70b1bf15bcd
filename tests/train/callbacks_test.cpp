#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/support/compare.h"
#include "tests/train/label_set.h"
#include "train/callbacks/early_stopping.h"
#include "train/callbacks/reduce_lr_on_plateau.h"
#include "train/trainer.h"

namespace lathe::train {
namespace {

using testing::LabelSet;
using testing::small_classifier;

// A trainer whose losses are given, and whose first weight tells the epoch.
class ScriptedTrainer : public Trainer {
 public:
  explicit ScriptedTrainer(std::vector<double> losses)
      : Trainer(small_classifier(4), {.optimizer = SGD{.learning_rate = 1},
                                      .loss = SparseCategoricalCrossentropy{}}),
        losses_(std::move(losses)) {}

  StepResult train_step(Batch&) override {
    const auto epoch = static_cast<std::size_t>(position().epoch);
    first_weight() = static_cast<float>(epoch + 1);
    return {.loss = losses_.at(epoch)};
  }
  float& first_weight() {
    return model().weights().front().tensor.values<float>()[0];
  }

 private:
  std::vector<double> losses_;
};

// One step an epoch, as many as there are losses.
void run(ScriptedTrainer& trainer, std::int64_t epochs, AnyCallback callback) {
  trainer.fit(LabelSet(4, 4, 4),
              {.epochs = epochs, .callbacks = {std::move(callback)}});
}

TEST(EarlyStopping, WaitsAndBringsTheBestWeightsBack) {
  ScriptedTrainer trainer({5, 3, 4, 2.95, 3.5, 1});
  const auto stopping = std::make_shared<EarlyStopping>(
      EarlyStoppingOptions{.monitor = "loss",
                           .min_delta = 0.1,
                           .patience = 3,
                           .restore_best_weights = true});
  run(trainer, 6, stopping);
  // 2.95 is better than 3 by less than 0.1.
  EXPECT_EQ(trainer.position().epoch, 5);
  EXPECT_EQ(stopping->best_epoch(), 2);
  EXPECT_EQ(trainer.first_weight(), 2);
}

TEST(EarlyStopping, KeepsTheLastWeightsUnlessAsked) {
  ScriptedTrainer trainer({1, 2, 3, 4});
  run(trainer, 4, EarlyStopping{{.monitor = "loss", .patience = 2}});
  EXPECT_EQ(trainer.position().epoch, 3);
  EXPECT_EQ(trainer.first_weight(), 3);
}

TEST(EarlyStopping, TheLargestAccuracyIsTheBest) {
  Monitor monitor("test", "val_accuracy", "auto");
  EXPECT_TRUE(monitor.improves({{"val_accuracy", 0.5}}));
  EXPECT_TRUE(monitor.improves({{"val_accuracy", 0.6}}));
  EXPECT_FALSE(monitor.improves({{"val_accuracy", 0.55}}));
  EXPECT_THROW(monitor.improves({{"loss", 1}}), Error);
  EXPECT_THROW(Monitor("test", "loss", "most"), Error);
}

TEST(EarlyStopping, AResumedRunCountsTheEpochsItHad) {
  ScriptedTrainer trainer({1, 2, 3, 4, 5});
  run(trainer, 2, EarlyStopping{{.monitor = "loss", .patience = 2}});
  EXPECT_EQ(trainer.position().epoch, 2);
  run(trainer, 5, EarlyStopping{{.monitor = "loss", .patience = 2}});
  EXPECT_EQ(trainer.position().epoch, 3);
  // What had stopped stays stopped.
  run(trainer, 5, EarlyStopping{{.monitor = "loss", .patience = 2}});
  EXPECT_EQ(trainer.position().epoch, 3);
}

ReduceLROnPlateau plateau() {
  return ReduceLROnPlateau{{.monitor = "loss",
                            .min_delta = 0,
                            .patience = 2,
                            .factor = 0.5,
                            .min_lr = 0.2,
                            .cooldown = 1}};
}

TEST(ReduceLROnPlateau, HalvesTheRateAndCoolsDown) {
  // As keras.callbacks.ReduceLROnPlateau: after epoch 3, then one epoch of
  // cooling and two of waiting, then to the least rate.
  const std::vector<double> losses{1, 1, 1, 1, 1, 1, 1, 1, 1};
  const std::vector<double> rates{1, 1, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2, 0.2};
  for (std::size_t epochs = 1; epochs <= losses.size(); ++epochs) {
    ScriptedTrainer trainer(losses);
    run(trainer, static_cast<std::int64_t>(epochs), plateau());
    EXPECT_EQ(trainer.learning_rate(), rates[epochs - 1]) << epochs;
    // Going on in a new run is the same as not having stopped.
    run(trainer, static_cast<std::int64_t>(losses.size()), plateau());
    EXPECT_EQ(trainer.learning_rate(), rates.back()) << epochs;
  }
  EXPECT_THROW(ReduceLROnPlateau({.factor = 1}), Error);
}

}  // namespace
}  // namespace lathe::train
