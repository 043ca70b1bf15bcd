#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "tests/support/compare.h"
#include "tests/train/label_set.h"
#include "train/trainer.h"

namespace lathe::train {
namespace {

using testing::LabelSet;
using testing::small_classifier;

Batch batch_of(const LabelSet& data, std::int64_t count) {
  Batch batch{.images = Tensor({count, 8, 8, 3}, DType::uint8),
              .targets = Tensor({count, 1}, DType::int32),
              .size = count};
  for (std::int64_t i = 0; i < count; ++i) {
    data.read(i, batch.images.rows(i, 1).reshaped({8, 8, 3}),
              batch.targets.rows(i, 1).reshaped({1}));
    batch.sample_ids.push_back(static_cast<std::uint32_t>(i));
  }
  return batch;
}

TEST(Classifier, LearnsLabels) {
  const LabelSet data(64, 7, 8);
  Trainer trainer(small_classifier(7),
                  {.optimizer = Adam{.learning_rate = 2e-2},
                   .loss = SparseCategoricalCrossentropy{},
                   .metrics = {"accuracy", "top_5_accuracy", "f1"}});
  trainer.fit(data, {.epochs = 30, .validation = &data});
  const Logs& last = trainer.position().history.back();
  EXPECT_GT(log_value(last, "val_accuracy"), 0.9);
  EXPECT_GE(log_value(last, "val_top_5_accuracy"),
            log_value(last, "val_accuracy"));
  EXPECT_GT(log_value(last, "val_f1"), 0.85);
  // 64 samples in batches of 8, and all of them counted.
  const Evaluation evaluation = trainer.evaluate(data, {.batch_size = 8});
  EXPECT_EQ(evaluation.confusion.total(), 64);
  EXPECT_EQ(evaluation.confusion.of_class(0), 10);
  EXPECT_DOUBLE_EQ(evaluation.confusion.accuracy(),
                   log_value(last, "val_accuracy"));
}

TEST(Classifier, PaddingOfTheLastBatchCountsNowhere) {
  const LabelSet data(13, 6, 8);
  Trainer trainer(small_classifier(6),
                  {.loss = SparseCategoricalCrossentropy{},
                   .metrics = {"accuracy", "top_5_accuracy"}});
  const Evaluation in_two = trainer.evaluate(data, {.batch_size = 8});
  Trainer other(small_classifier(6),
                {.loss = SparseCategoricalCrossentropy{},
                 .metrics = {"accuracy", "top_5_accuracy"}});
  const Evaluation in_one = other.evaluate(data, {.batch_size = 13});
  EXPECT_EQ(in_two.confusion.values(), in_one.confusion.values());
  EXPECT_EQ(in_two.confusion.total(), 13);
  EXPECT_EQ(in_two.confusion.top_5(), in_one.confusion.top_5());
  // Means of batches, weighed by their sizes, in float32.
  EXPECT_NEAR(in_two.loss, in_one.loss, 1e-5);
}

TEST(Classifier, KnowsMoreClassesThanAByte) {
  const LabelSet data(600, 600, 8);
  Trainer trainer(small_classifier(600),
                  {.loss = SparseCategoricalCrossentropy{},
                   .metrics = {"accuracy", "top_5_accuracy"}});
  trainer.compile(8);
  EXPECT_FALSE(trainer.step()->has_output("confusion"));
  const Evaluation evaluation = trainer.evaluate(data, {});
  EXPECT_EQ(evaluation.confusion.total(), 600);
  EXPECT_EQ(evaluation.confusion.of_class(255), 1);
  EXPECT_EQ(evaluation.confusion.of_class(599), 1);
  // Predictions are near 1 / 600 all.
  EXPECT_NEAR(evaluation.loss, std::log(600), 0.5);
}

TEST(Classifier, OneChannelLearnsTwoClasses) {
  const LabelSet data(32, 2, 8);
  Trainer trainer(small_classifier(1),
                  {.optimizer = Adam{.learning_rate = 2e-2},
                   .loss = BinaryCrossentropy{.label_smoothing = 0.1}});
  trainer.fit(data, {.epochs = 12, .validation = &data});
  EXPECT_GT(log_value(trainer.position().history.back(), "val_accuracy"), 0.9);
}

TEST(Classifier, ALabelIsTheDistributionOfOneClass) {
  const LabelSet data(8, 5, 8);
  const TrainerOptions sparse{
      .loss = SparseCategoricalCrossentropy{.label_smoothing = 0.1},
      .class_weights = {1, 2, 3, 4, 5}};
  TrainerOptions soft = sparse;
  soft.loss = CategoricalCrossentropy{.label_smoothing = 0.1};
  Trainer a(small_classifier(5), sparse);
  Trainer b(small_classifier(5), soft);
  Batch labels = batch_of(data, 8);
  labels.targets.values<std::int32_t>()[3] = -1;
  Batch mixed = batch_of(data, 8);
  mixed.targets = Tensor({8, 5});
  for (std::int64_t i = 0; i < 8; ++i) {
    if (i != 3) mixed.targets.values<float>()[i * 5 + i % 5] = 1;
  }
  ConfusionCounts counts_a(5);
  ConfusionCounts counts_b(5);
  const StepResult of_labels = a.train_step(labels);
  counts_a.add(of_labels.counts);
  const StepResult of_mixed = b.train_step(mixed);
  counts_b.add(of_mixed.counts);
  // Sums in another order.
  EXPECT_NEAR(of_labels.loss, of_mixed.loss, 1e-5);
  EXPECT_EQ(counts_a.values(), counts_b.values());
  EXPECT_EQ(counts_a.total(), 7);
  // Labels are taken where distributions are expected.
  Trainer c(small_classifier(5), soft);
  EXPECT_EQ(c.train_step(labels).loss, of_mixed.loss);
}

TEST(Classifier, ClassWeightsMultiplyTheLossInTrainingOnly) {
  const LabelSet data(8, 4, 8);
  const TrainerOptions plain{.loss = SparseCategoricalCrossentropy{}};
  TrainerOptions weighted = plain;
  weighted.class_weights = {3, 3, 3, 3};
  Trainer a(small_classifier(4), plain);
  Trainer b(small_classifier(4), weighted);
  EXPECT_EQ(a.evaluate(data, {}).loss, b.evaluate(data, {}).loss);
  Batch batch = batch_of(data, 8);
  EXPECT_NEAR(b.train_step(batch).loss / a.train_step(batch).loss, 3, 1e-5);
}

TEST(Classifier, RefusesWhatDoesNotFit) {
  EXPECT_THROW(Trainer(small_classifier(4), {}), Error);
  EXPECT_THROW(
      Trainer(small_classifier(1), {.loss = SparseCategoricalCrossentropy{}}),
      Error);
  Trainer trainer(small_classifier(4),
                  {.loss = SparseCategoricalCrossentropy{}});
  Batch batch = batch_of(LabelSet(8, 4, 8), 8);
  batch.targets = Tensor({8, 1}, DType::uint8);
  try {
    trainer.train_step(batch);
    FAIL() << "uint8 labels were taken";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("int32 (8, 1) would be right"),
              std::string::npos)
        << error.what();
  }
  Trainer weighted(
      small_classifier(4),
      {.loss = SparseCategoricalCrossentropy{}, .class_weights = {1, 2}});
  EXPECT_THROW(weighted.compile(8), Error);
}

}  // namespace
}  // namespace lathe::train
