// Mixed samples in the training step: labels, masks, losses and metrics.

#include <gtest/gtest.h>

#include <numeric>

#include "augment/parse.h"
#include "core/error.h"
#include "models/unet.h"
#include "tests/support/compare.h"
#include "tests/train/label_set.h"
#include "train/data/scene_set.h"
#include "train/extended_model.h"

namespace lathe::train {
namespace {

using augment::parse;
using testing::LabelSet;
using testing::small_classifier;

constexpr std::int64_t kSamples = 8;
constexpr std::int64_t kClasses = 4;

Batch batch_of(const Dataset& data) {
  const TensorSpec image = data.image_spec();
  const TensorSpec target = data.target_spec();
  const auto batched = [](const TensorSpec& spec) {
    std::vector<std::int64_t> extents{kSamples};
    for (std::size_t i = 0; i < spec.shape.rank(); ++i) {
      extents.push_back(spec.shape[i]);
    }
    return Tensor(Shape(extents), spec.dtype);
  };
  Batch batch{.images = batched(image),
              .targets = batched(target),
              .sample_ids = std::vector<std::uint32_t>(kSamples),
              .epoch = 2,
              .size = kSamples};
  for (std::int64_t n = 0; n < kSamples; ++n) {
    data.read(n, batch.images.rows(n, 1).reshaped(image.shape),
              batch.targets.rows(n, 1).reshaped(target.shape));
  }
  std::iota(batch.sample_ids.begin(), batch.sample_ids.end(), 50U);
  return batch;
}

TrainerOptions options_with(const Loss& loss) {
  return {.loss = loss,
          .class_weights = {1, 2, 3, 4},
          .metrics = {"accuracy", "top_5_accuracy"},
          .seed = 6};
}

// What a trainer of distributions makes of a batch that was mixed before, with
// smoothing and class weights.
TEST(MixingStep, IsThatOfImagesAndLabelsMixedBefore) {
  for (const char* text :
       {"flip=horizontal,cutmix(p=0.5)", "mixup=0.2", "mosaic,mixup=1"}) {
    SCOPED_TRACE(text);
    const augment::Pipeline pipeline = parse(text);
    const Batch given = batch_of(LabelSet(kSamples, kClasses, kSamples));
    const augment::BatchKey key{
        .seed = 6, .epoch = 2, .sample_ids = given.sample_ids};
    Batch mixed = given;
    mixed.images = Tensor(given.images.shape());
    mixed.targets = Tensor({kSamples, kClasses});
    pipeline.apply({.images = given.images, .masks = {}}, key,
                   {.images = mixed.images, .masks = {}});
    augment::Workspace workspace;
    pipeline.mix_labels(given.targets, key, {.height = 8, .width = 8},
                        mixed.targets, workspace);
    std::vector<std::int32_t> dominant;
    for (std::int64_t n = 0; n < kSamples; ++n) {
      const auto row = mixed.targets.rows(n, 1).values<float>();
      dominant.push_back(static_cast<std::int32_t>(
          std::ranges::max_element(row) - row.begin()));
    }
    Trainer plain(
        small_classifier(kClasses),
        options_with(CategoricalCrossentropy{.label_smoothing = 0.1}));
    const double expected = plain.train_step(mixed).loss;

    ExtendedModel trainer(
        small_classifier(kClasses), pipeline,
        options_with(SparseCategoricalCrossentropy{.label_smoothing = 0.1}));
    Batch batch = given;
    const StepResult result = trainer.train_step(batch);
    EXPECT_EQ(result.loss, expected);
    const auto truth = result.counts.truth.values<std::int32_t>();
    EXPECT_EQ(std::vector<std::int32_t>(truth.begin(), truth.end()), dominant);
  }
}

TEST(MixingStep, TrainsAndValidatesWithLabels) {
  const LabelSet data(64, kClasses, kSamples);
  ExtendedModel trainer(small_classifier(kClasses),
                        parse("flip=horizontal,cutmix(p=0.5),mixup=0.2"),
                        {.optimizer = Adam{.learning_rate = 2e-2},
                         .loss = SparseCategoricalCrossentropy{}});
  trainer.fit(data, {.epochs = 15, .validation = &data});
  const Logs& last = trainer.position().history.back();
  EXPECT_GT(log_value(last, "val_accuracy"), 0.9);
  EXPECT_GT(log_value(last, "accuracy"), 0.5);
}

TEST(MixingStep, MasksAreThoseOfTheMixedImages) {
  const SceneSet data(
      {.size = {32, 32}, .count = kSamples, .batch_size = kSamples});
  const augment::Pipeline pipeline =
      parse("flip,cutmix(p=0.5),mosaic(p=0.5),copy_paste=0.5,mixup");
  const Batch given = batch_of(data);
  const Tensor images(given.images.shape());
  const Tensor masks(given.targets.shape(), DType::uint8);
  pipeline.apply({.images = given.images, .masks = given.targets},
                 {.seed = 6, .epoch = 2, .sample_ids = given.sample_ids},
                 {.images = images, .masks = masks});
  ExtendedModel trainer(
      models::unet({.size = {32, 32}, .entry_filters = 4, .filters = {8}}),
      pipeline, {.seed = 6});
  Batch batch = given;
  trainer.train_step(batch);
  testing::expect_identical(batch.images, images);
  testing::expect_identical(batch.targets, masks);
}

template <class F>
std::string error_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was refused";
}

TEST(MixingStep, IsRefusedWhereItCantBe) {
  const auto mentions = [](const std::string& text, const char* part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  mentions(
      error_of([] { ExtendedModel::in_loader(parse("flip,mixup"), 0, 1); }),
      "the loader has one sample at a time");
  mentions(
      error_of([] { ExtendedModel(small_classifier(1), parse("mixup"), {}); }),
      "one channel");
  mentions(error_of([] {
             ExtendedModel(small_classifier(kClasses), parse("copy_paste"),
                           {.loss = SparseCategoricalCrossentropy{}});
           }),
           "needs masks");
  mentions(error_of([] {
             const LabelSet data(4, kClasses, 1);
             ExtendedModel trainer(small_classifier(kClasses), parse("mixup"),
                                   {.loss = SparseCategoricalCrossentropy{}});
             trainer.fit(data, {.epochs = 1});
           }),
           "batch of one");
}

}  // namespace
}  // namespace lathe::train
