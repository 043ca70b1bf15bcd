// Training by several ranks, here threads of one process, and by one.

#include "train/ranks.h"

#include <gtest/gtest.h>

#include <numeric>

#include "augment/parse.h"
#include "core/error.h"
#include "tests/support/compare.h"
#include "tests/support/ranks.h"
#include "tests/train/label_set.h"
#include "tests/train/small_unet.h"
#include "train/data/scene_set.h"
#include "train/extended_model.h"

namespace lathe::train {
namespace {

using testing::expect_identical;
using testing::LabelSet;
using testing::run_ranks;
using testing::small_classifier;
using Ranks = std::shared_ptr<Communicator>;

// Masks of which a share, another in each sample, does not count.
class PartlyIgnored : public SceneSet {
 public:
  using SceneSet::SceneSet;
  void read(std::int64_t index, const Tensor& image,
            const Tensor& target) const override {
    SceneSet::read(index, image, target);
    const auto mask = target.values<std::uint8_t>();
    std::fill_n(mask.begin(), mask.size() * (index % 5) / 5, 255);
  }
};

const PartlyIgnored kScenes({.size = {32, 32}, .count = 14, .batch_size = 4});
const LabelSet kLabels(26, 4, 8);

// What becomes of a run is in its history and its weights.
struct Outcome {
  std::vector<Logs> history;
  std::vector<Tensor> weights;
};

struct Run {
  std::string augmentation;
  TrainerOptions options;
  std::int64_t epochs = 2;
};

Outcome train(const models::Model& model, const Dataset& data, const Run& run,
              const Ranks& ranks) {
  TrainerOptions options = run.options;
  options.ranks = ranks;
  ExtendedModel trainer(model, augment::parse(run.augmentation), options);
  trainer.fit(data, {.epochs = run.epochs, .validation = &data});
  Outcome outcome{.history = trainer.position().history, .weights = {}};
  for (const layers::Weight& weight : trainer.model().weights()) {
    outcome.weights.push_back(weight.tensor.clone());
  }
  return outcome;
}

void expect_near(const Outcome& found, const Outcome& expected) {
  // Sums of float32 in another order, through two epochs of steps.
  constexpr double kTolerance = 1e-5;
  ASSERT_EQ(found.history.size(), expected.history.size());
  for (std::size_t e = 0; e < found.history.size(); ++e) {
    for (const auto& [name, value] : expected.history[e]) {
      EXPECT_NEAR(log_value(found.history[e], name), value,
                  kTolerance * std::abs(value))
          << name << " of epoch " << e + 1;
    }
  }
}

void expect_same(const Outcome& a, const Outcome& b) {
  EXPECT_EQ(a.history, b.history);
  ASSERT_EQ(a.weights.size(), b.weights.size());
  for (std::size_t i = 0; i < a.weights.size(); ++i) {
    expect_identical(a.weights[i], b.weights[i]);
  }
}

// Runs it by one process and by ranks, and once more by these.
void expect_equal_training(const std::function<models::Model()>& model,
                           const Dataset& data, const Run& run, int size = 2) {
  SCOPED_TRACE(run.augmentation);
  const Outcome alone = train(model(), data, run, nullptr);
  std::vector<Outcome> of_rank(static_cast<std::size_t>(size));
  std::vector<Outcome> again(of_rank.size());
  for (auto* outcomes : {&of_rank, &again}) {
    run_ranks(size, [&](const Ranks& ranks) {
      (*outcomes)[static_cast<std::size_t>(ranks->rank())] =
          train(model(), data, run, ranks);
    });
  }
  expect_near(of_rank[0], alone);
  for (std::size_t r = 0; r < of_rank.size(); ++r) {
    expect_same(of_rank[r], of_rank[0]);
    expect_same(of_rank[r], again[r]);
  }
}

TEST(Ranks, TrainASegmentationAsOneProcessDoes) {
  expect_equal_training(
      [] { return small_unet(32); }, kScenes,
      {.augmentation = "flip,rotation=0.1",
       .options = {.metrics = {"accuracy", "mean_iou"}, .seed = 4}});
  expect_equal_training(
      [] { return small_unet(32); }, kScenes,
      {.augmentation = "flip,cutmix(p=0.5),mosaic,copy_paste",
       .options = {.optimizer = SGD{.momentum = 0.9}, .seed = 5}},
      4);
}

TEST(Ranks, SumDiceOverAllOfTheirPixels) {
  const auto model = [] { return small_unet(32); };
  TrainerOptions options{.loss = Dice{}, .metrics = {"iou"}, .seed = 6};
  expect_equal_training(
      model, kScenes,
      {.augmentation = "flip", .options = options, .epochs = 1});
  options.loss = CrossentropyDice{};
  expect_equal_training(
      model, kScenes, {.augmentation = "flip", .options = options, .epochs = 1},
      4);
}

TEST(Ranks, TrainAClassifierAsOneProcessDoes) {
  const auto model = [] { return small_classifier(4); };
  const TrainerOptions options{
      .optimizer = AdamW{.update = {.global_clipnorm = 0.5,
                                    .gradient_accumulation_steps = 2,
                                    .use_ema = true}},
      .loss = SparseCategoricalCrossentropy{.label_smoothing = 0.1},
      .class_weights = {1, 2, 3, 4},
      .metrics = {"accuracy", "top_5_accuracy"},
      .seed = 7};
  expect_equal_training(model, kLabels,
                        {.augmentation = "flip", .options = options});
  expect_equal_training(model, kLabels,
                        {.augmentation = "mixup=0.3", .options = options}, 4);
}

TEST(Ranks, WithoutSynchronisedStatisticsHaveTheMeanOfTheirs) {
  const auto run_with = [&](bool synchronized, std::int64_t epochs) {
    std::vector<Outcome> of_rank(2);
    run_ranks(2, [&](const Ranks& ranks) {
      of_rank[static_cast<std::size_t>(ranks->rank())] = train(
          small_unet(32), kScenes,
          {.augmentation = "flip",
           .options = {.seed = 4, .synchronized_statistics = synchronized},
           .epochs = epochs},
          ranks);
    });
    expect_same(of_rank[1], of_rank[0]);
    return of_rank[0];
  };
  const Outcome apart = run_with(false, 1);
  const Outcome together = run_with(true, 1);
  const double loss = log_value(together.history[0], "loss");
  EXPECT_NE(log_value(apart.history[0], "loss"), loss);
  EXPECT_NEAR(log_value(apart.history[0], "loss"), loss, 0.3 * loss);
}

TEST(Ranks, StopTogetherWhereOneIsToldTo) {
  run_ranks(3, [&](const Ranks& ranks) {
    const std::atomic<bool> stop{ranks->rank() == 1};
    Trainer trainer(small_classifier(4),
                    {.loss = SparseCategoricalCrossentropy{}, .ranks = ranks});
    EXPECT_FALSE(
        trainer.fit(kLabels, {.loader = {.batch_size = 6}, .stop = &stop}));
    EXPECT_EQ(trainer.position().step, 1);
  });
}

TEST(Ranks, NeedPartsOfOneSize) {
  run_ranks(2, [&](const Ranks& ranks) {
    Trainer trainer(small_classifier(4),
                    {.loss = SparseCategoricalCrossentropy{}, .ranks = ranks});
    try {
      trainer.fit(kLabels, {.loader = {.batch_size = 7}});
      ADD_FAILURE() << "7 were divided by 2";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("6 or 8 would be right"),
                std::string::npos)
          << error.what();
    }
  });
}

TEST(Ranks, GatherBatches) {
  run_ranks(2, [](const Ranks& ranks) {
    const auto r = static_cast<std::uint32_t>(ranks->rank());
    const auto byte = static_cast<std::uint8_t>(r);
    const Batch own{
        .images = Tensor::from<std::uint8_t>({1, 1, 1, 3}, {byte, 5, 6}),
        .targets = Tensor::from<std::int32_t>({1, 1}, {ranks->rank()}),
        .sample_ids = {40 + r},
        .epoch = 3,
        .size = 1,
        .whole_size = 2};
    Batch whole;
    gather(*ranks, own, whole);
    expect_identical(whole.images, Tensor::from<std::uint8_t>(
                                       {2, 1, 1, 3}, {0, 5, 6, 1, 5, 6}));
    expect_identical(whole.targets, Tensor::from<std::int32_t>({2, 1}, {0, 1}));
    EXPECT_EQ(whole.sample_ids, (std::vector<std::uint32_t>{40, 41}));
    EXPECT_EQ(whole.epoch, 3U);
    EXPECT_EQ(whole.size, 2);
  });
}

}  // namespace
}  // namespace lathe::train
