#pragma once

#include <gtest/gtest.h>

#include "augment/random_flip.h"
#include "core/error.h"
#include "tests/support/compare.h"
#include "tests/train/label_set.h"
#include "train/extended_model.h"

namespace lathe::testing {

/// A trainer on a GPU with moments, a schedule, dropout, moving statistics,
/// averages and augmentation, all of which change from step to step.
inline std::unique_ptr<train::Trainer> everything_on(bool capture = true) {
  return std::make_unique<train::ExtendedModel>(
      small_classifier(6), augment::Pipeline{augment::RandomFlip{"horizontal"}},
      train::TrainerOptions{
          .optimizer = train::optimizer_from("adamw(use_ema=true)", 1e-2),
          .schedule = train::Cosine{.warmup_steps = 2, .decay_steps = 8},
          .loss = train::SparseCategoricalCrossentropy{.label_smoothing = 0.1},
          .metrics = {"accuracy", "top_5_accuracy"},
          .device = Device::cuda,
          .capture = capture,
          .seed = 4});
}

/// Three steps an epoch, in batches of more bytes than a GPU waits for.
inline LabelSet large_batches() {
  return {288, 6, 96};
}

inline std::unique_ptr<train::Trainer> trained_with_everything(
    bool capture = true, std::int64_t epochs = 2) {
  const LabelSet data = large_batches();
  auto trainer = everything_on(capture);
  trainer->fit(data, {.epochs = epochs, .validation = &data});
  return trainer;
}

inline void expect_same(train::Trainer& a, train::Trainer& b) {
  EXPECT_EQ(a.position().history, b.position().history);
  const auto left = a.model().weights();
  const auto right = b.model().weights();
  ASSERT_EQ(left.size(), right.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    SCOPED_TRACE(left[i].name);
    expect_identical(left[i].tensor, right[i].tensor);
  }
}

}  // namespace lathe::testing
