#include "core/precision.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/support/compare.h"
#include "tests/support/temporary_folder.h"
#include "tests/train/small_unet.h"
#include "train/data/scene_set.h"
#include "train/trainer.h"

namespace lathe::train {
namespace {

SceneSet scenes() {
  return SceneSet({.size = {16, 16}, .count = 64, .batch_size = 4});
}

// Every operation that can computes with bfloat16, faster or not.
TrainerOptions options(Precision precision) {
  return {.optimizer = Adam{.learning_rate = 1e-2},
          .metrics = {"iou"},
          .precision = precision,
          .disabled_passes = {"measured_precision"}};
}

std::unique_ptr<Trainer> trained(Precision precision, std::int64_t epochs,
                                 const std::filesystem::path& from = {}) {
  auto trainer = std::make_unique<Trainer>(small_unet(16), options(precision));
  if (!from.empty()) trainer->resume(from);
  trainer->fit(scenes(), {.epochs = epochs});
  return trainer;
}

double iou(Trainer& trainer) {
  return trainer.evaluate(scenes(), {}).confusion.iou(1);
}

// Roundings of activations act as noise that is small beside that of batches
// of four: two seeds are up to 0.04 apart.
TEST(Precision, InBfloat16TrainsAsWell) {
  const auto exact = trained(Precision::fp32, 6);
  const auto mixed = trained(Precision::bf16, 6);
  EXPECT_GT(mixed->step()->bfloat16_operations(), 20U);
  EXPECT_EQ(exact->step()->bfloat16_operations(), 0U);
  const double expected = iou(*exact);
  EXPECT_GT(expected, 0.4);
  EXPECT_GT(iou(*mixed), expected - 0.05);
}

TEST(Precision, FilesHoldFloat32AndGoOnInAnother) {
  const testing::TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "half.keras";
  const auto mixed = trained(Precision::bf16, 1);
  mixed->save(file);
  for (const auto& weight : mixed->model().weights()) {
    EXPECT_EQ(weight.tensor.dtype(), DType::float32) << weight.name;
  }
  const auto exact = trained(Precision::fp32, 2, file);
  exact->save(file);
  const auto again = trained(Precision::bf16, 3, file);
  EXPECT_EQ(again->position().history.size(), 3U);
  EXPECT_LT(log_value(again->position().history.back(), "loss"),
            log_value(again->position().history.front(), "loss"));
}

TEST(Precision, StepsAreTheSameBitForBit) {
  const auto once = trained(Precision::bf16, 1);
  const auto again = trained(Precision::bf16, 1);
  const auto left = once->model().weights();
  const auto right = again->model().weights();
  for (std::size_t i = 0; i < left.size(); ++i) {
    testing::expect_identical(left[i].tensor, right[i].tensor);
  }
}

// It lets a GPU round, and a CPU does not.
TEST(Precision, Tf32IsFloat32OnACpu) {
  const auto exact = trained(Precision::fp32, 1);
  const auto allowed = trained(Precision::tf32, 1);
  const auto left = exact->model().weights();
  const auto right = allowed->model().weights();
  for (std::size_t i = 0; i < left.size(); ++i) {
    testing::expect_identical(left[i].tensor, right[i].tensor);
  }
}

TEST(Precision, HasItsNames) {
  EXPECT_EQ(precision_from("bf16"), Precision::bf16);
  EXPECT_EQ(name_of(Precision::tf32), "tf32");
  EXPECT_THROW(precision_from("fp16"), Error);
}

}  // namespace
}  // namespace lathe::train
