#include <gtest/gtest.h>

#include <algorithm>

#include "core/error.h"
#include "models/keras_file.h"
#include "tests/support/compare.h"
#include "tests/support/temporary_folder.h"
#include "tests/train/label_set.h"
#include "train/callbacks/fine_tune.h"
#include "train/trainer.h"

namespace lathe::train {
namespace {

using testing::expect_identical;
using testing::LabelSet;
using testing::small_classifier;
using testing::TemporaryFolder;

models::Model frozen_classifier() {
  models::Model model = small_classifier(4);
  for (const char* name : {"stem", "body", "norm"}) {
    model.layer(name).set_trainable(false);
  }
  return model;
}

TrainerOptions options(const std::string& optimizer) {
  return {.optimizer = optimizer_from(optimizer, 1e-2),
          .loss = SparseCategoricalCrossentropy{},
          .seed = 4};
}

// How many operations of that name the compiled step has.
std::int64_t count_of(const Trainer& trainer, std::string_view operation) {
  const auto& nodes = trainer.step()->graph().nodes();
  return std::count_if(nodes.begin(), nodes.end(), [&](const auto& node) {
    return graph::name_of(node.operation) == operation;
  });
}

TEST(FrozenLayers, CostNoBackwardWork) {
  Trainer whole(small_classifier(4), options("adam"));
  Trainer frozen(frozen_classifier(), options("adam"));
  // So many that what is kept outweighs what kernels work in.
  constexpr std::int64_t kBatch = 64;
  whole.compile(kBatch);
  frozen.compile(kBatch);
  EXPECT_EQ(count_of(whole, "convolution_weight_gradient"), 2);
  EXPECT_EQ(count_of(whole, "convolution_input_gradient"), 1);
  EXPECT_EQ(count_of(whole, "batch_normalization_gradient"), 1);
  // Forward, and the gradients of the dense layer's kernel and input.
  EXPECT_EQ(count_of(whole, "matrix_product"), 3);
  EXPECT_EQ(count_of(frozen, "convolution_weight_gradient"), 0);
  EXPECT_EQ(count_of(frozen, "convolution_input_gradient"), 0);
  EXPECT_EQ(count_of(frozen, "batch_normalization_gradient"), 0);
  EXPECT_EQ(count_of(frozen, "fixed_normalization_gradient"), 0);
  EXPECT_EQ(count_of(frozen, "matrix_product"), 2);
  EXPECT_LT(frozen.step()->arena_bytes(), whole.step()->arena_bytes());
  const Tensor kernel = frozen.model().layer("stem").weights()[0].tensor;
  const Tensor mean = frozen.model().layer("norm").weights()[2].tensor;
  const Tensor kernel_before = kernel.clone();
  const Tensor mean_before = mean.clone();
  frozen.fit(LabelSet(16, 4, 4), {.epochs = 2});
  expect_identical(kernel, kernel_before);
  expect_identical(mean, mean_before);
}

TEST(Recompile, KeepsWhatTheOptimizerKnowsAndStartsNewWeightsAnew) {
  const LabelSet data(16, 4, 4);
  Trainer trainer(frozen_classifier(), options("adam"));
  trainer.fit(data, {.epochs = 1});
  const TemporaryFolder folder;
  trainer.save(folder.path() / "frozen.keras");
  trainer.model().layer("stem").set_trainable(true);
  trainer.recompile();
  trainer.save(folder.path() / "thawed.keras");
  const auto frozen =
      models::load_with_training(folder.path() / "frozen.keras").training;
  const auto thawed =
      models::load_with_training(folder.path() / "thawed.keras").training;
  ASSERT_EQ(frozen->slots.size(), 2U);
  ASSERT_EQ(thawed->slots.size(), 4U);
  EXPECT_EQ(thawed->iterations, 4);
  for (std::size_t slot = 0; slot < 2; ++slot) {
    for (std::size_t i = 0; i < 2; ++i) {
      expect_identical(thawed->slots[2 + i][slot], frozen->slots[i][slot]);
      for (const float value : thawed->slots[i][slot].values<float>()) {
        EXPECT_EQ(value, 0);
      }
    }
  }
  // Adam's first step of a weight is the learning rate, whenever it is made.
  const Tensor kernel = trainer.model().layer("stem").weights()[0].tensor;
  const Tensor before = kernel.clone();
  trainer.fit(data, {.epochs = 2, .loader = {.batch_size = 16}});
  for (std::size_t i = 0; i < before.values<float>().size(); ++i) {
    const float moved = kernel.values<float>()[i] - before.values<float>()[i];
    // Weights that no image reaches stay; epsilon shortens small steps.
    EXPECT_LT(std::abs(moved), 1.001e-2F);
  }
}

TEST(FineTune, ThawsLowersTheRateAndResumesBitEqual) {
  const TemporaryFolder folder;
  const LabelSet data(16, 4, 4);
  const auto run = [&](Trainer& trainer, std::int64_t epochs) {
    trainer.fit(
        data,
        {.epochs = epochs,
         .callbacks = {FineTune{{.epoch = 3, .learning_rate_factor = 0.25}}}});
  };
  for (const std::int64_t half : {2, 3}) {
    SCOPED_TRACE(half);
    Trainer whole(frozen_classifier(), options("adam(use_ema=true)"));
    run(whole, 5);
    EXPECT_EQ(whole.learning_rate(), 0.25e-2);
    EXPECT_TRUE(whole.model().layer("stem").trainable());
    EXPECT_FALSE(whole.model().layer("norm").trainable());
    Trainer first(frozen_classifier(), options("adam(use_ema=true)"));
    run(first, half);
    first.save(folder.path() / "first.keras");
    Trainer second(frozen_classifier(), options("adam(use_ema=true)"));
    second.resume(folder.path() / "first.keras");
    run(second, 5);
    const auto expected = whole.model().weights();
    const auto actual = second.model().weights();
    for (std::size_t i = 0; i < expected.size(); ++i) {
      SCOPED_TRACE(i);
      expect_identical(actual[i].tensor, expected[i].tensor);
    }
  }
  EXPECT_THROW(FineTune({.learning_rate_factor = 0}), Error);
}

}  // namespace
}  // namespace lathe::train
