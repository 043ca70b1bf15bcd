// Steps that compute again what they don't keep train to the same bits.

#include <gtest/gtest.h>

#include "core/philox.h"
#include "layers/dense.h"
#include "layers/input.h"
#include "models/efficientnet.h"
#include "tests/support/compare.h"
#include "tests/train/small_unet.h"
#include "train/trainer.h"

namespace lathe::train {
namespace {

constexpr std::int64_t kSide = 32;
constexpr std::int64_t kBatch = 3;

// With dropout, squeeze-and-excite and swish.
models::Model classifier() {
  const auto input = layers::Input({.shape = {kSide, kSide, 3}});
  const auto features =
      models::efficientnet({.size = models::ImageSize{kSide, kSide}})(input);
  models::Model model(input, layers::Dense({.units = 5})(features));
  model.initialize(3);
  return model;
}

Batch random_batch(bool labels, std::uint32_t seed) {
  Philox random({.seed = seed});
  Batch batch;
  batch.images = Tensor({kBatch, kSide, kSide, 3}, DType::uint8);
  for (auto& value : batch.images.values<std::uint8_t>()) {
    value = static_cast<std::uint8_t>(random.next());
  }
  if (labels) {
    batch.targets = Tensor({kBatch, 1}, DType::int32);
    for (auto& value : batch.targets.values<std::int32_t>()) {
      value = static_cast<std::int32_t>(random.below(5));
    }
  } else {
    batch.targets = Tensor({kBatch, kSide, kSide, 1}, DType::uint8);
    for (auto& value : batch.targets.values<std::uint8_t>()) {
      value = static_cast<std::uint8_t>(random.below(2));
    }
  }
  batch.sample_ids = {seed, seed + 10, seed + 20};
  batch.size = kBatch;
  return batch;
}

struct Case {
  bool labels = false;
  Precision precision = Precision::fp32;
  bool frozen = false;
};

std::unique_ptr<Trainer> trained(const Case& c, bool low_memory) {
  models::Model model = c.labels ? classifier() : small_unet(kSide);
  if (c.frozen) {
    model.freeze_first(
        static_cast<std::int64_t>(model.flat_layers().size() / 4));
  }
  // Everything that can computes with bfloat16, faster or not.
  TrainerOptions options{.precision = c.precision,
                         .low_memory = low_memory,
                         .seed = 5,
                         .disabled_passes = {"measured_precision"}};
  if (c.labels) {
    options.loss = SparseCategoricalCrossentropy{.from_logits = true};
  }
  auto trainer = std::make_unique<Trainer>(std::move(model), options);
  for (std::uint32_t step = 0; step < 2; ++step) {
    Batch batch = random_batch(c.labels, step);
    trainer->train_step(batch);
  }
  return trainer;
}

void expect_the_same_with_less(const Case& c) {
  const auto normal = trained(c, false);
  const auto low = trained(c, true);
  const auto left = normal->model().weights();
  const auto right = low->model().weights();
  ASSERT_EQ(left.size(), right.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    SCOPED_TRACE(left[i].name);
    testing::expect_identical(right[i].tensor, left[i].tensor);
  }
  EXPECT_GT(low->step()->graph().nodes().size(),
            normal->step()->graph().nodes().size());
  EXPECT_LT(low->step()->arena_bytes(), normal->step()->arena_bytes());
}

TEST(LowMemory, TrainsAUnetToTheSameBits) {
  expect_the_same_with_less({});
}

TEST(LowMemory, TrainsAClassifierWithDropoutToTheSameBits) {
  expect_the_same_with_less({.labels = true});
}

TEST(LowMemory, TrainsAFrozenBackboneToTheSameBits) {
  expect_the_same_with_less({.frozen = true});
  expect_the_same_with_less({.labels = true, .frozen = true});
}

TEST(LowMemory, TrainsInBfloat16ToTheSameBits) {
  expect_the_same_with_less({.precision = Precision::bf16});
  expect_the_same_with_less({.labels = true, .precision = Precision::bf16});
}

}  // namespace
}  // namespace lathe::train
