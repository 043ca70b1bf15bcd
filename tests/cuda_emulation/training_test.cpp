// Whole models on an emulated GPU: the same steps as on the CPU, files that go
// from one to the other.
#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "augment/parse.h"
#include "layers/multiply.h"
#include "tests/cuda_emulation/trained.h"
#include "tests/support/temporary_folder.h"
#include "tests/train/small_unet.h"
#include "train/data/scene_set.h"

namespace lathe::train {
namespace {

SceneSet scenes() {
  return SceneSet({.size = {16, 16}, .count = 8, .batch_size = 4});
}

std::unique_ptr<Trainer> trained(Device device, std::int64_t epochs,
                                 const std::filesystem::path& from = {},
                                 Precision precision = Precision::fp32,
                                 bool low_memory = false) {
  auto trainer = std::make_unique<ExtendedModel>(
      small_unet(16),
      augment::parse("flip=horizontal,rotation=0.1,contrast=0.2,erasing,"
                     "cutmix(p=0.5)"),
      TrainerOptions{.optimizer = Adam{.learning_rate = 1e-4},
                     .device = device,
                     .precision = precision,
                     .low_memory = low_memory});
  if (!from.empty()) trainer->resume(from);
  trainer->fit(scenes(), {.epochs = epochs});
  return trainer;
}

// Sums of another order differ by some units of the last of 24 bits, but
// Adam's first steps pass on the signs of gradients: some weights come out a
// step of 1e-4 apart.
constexpr double kLossTolerance = 1e-5;

void expect_like(const Trainer& cpu, const Trainer& gpu) {
  const auto& left = cpu.position().history;
  const auto& right = gpu.position().history;
  ASSERT_EQ(left.size(), right.size());
  for (std::size_t epoch = 0; epoch < left.size(); ++epoch) {
    EXPECT_NEAR(log_value(left[epoch], "loss"), log_value(right[epoch], "loss"),
                kLossTolerance)
        << "epoch " << epoch;
  }
}

TEST(TrainingOnAGpu, IsThatOfTheCpu) {
  const auto cpu = trained(Device::cpu, 3);
  const auto gpu = trained(Device::cuda, 3);
  expect_like(*cpu, *gpu);
  const Evaluation expected = cpu->evaluate(scenes(), {});
  const Evaluation seen = gpu->evaluate(scenes(), {});
  EXPECT_NEAR(expected.loss, seen.loss, kLossTolerance);
}

TEST(TrainingOnAGpu, ComputesAgainToTheSameBits) {
  for (const Precision precision : {Precision::fp32, Precision::bf16}) {
    const auto normal = trained(Device::cuda, 1, {}, precision);
    const auto low = trained(Device::cuda, 1, {}, precision, true);
    EXPECT_LT(low->step()->arena_bytes(), normal->step()->arena_bytes());
    testing::expect_same(*normal, *low);
  }
}

// Convolutions of what gates scale, which is made again for their gradients.
std::unique_ptr<Trainer> trained_with_gates(
    const std::vector<std::string>& without) {
  using namespace layers;
  const Symbol input = Input({.shape = {8, 8, 3}});
  Symbol x = input;
  for (int block = 0; block < 3; ++block) {
    x = Conv2D({.filters = 16,
                .kernel_size = 1,
                .activation = ActivationFunction::silu})(x);
    const Symbol gate = Conv2D({.filters = 16,
                                .kernel_size = 1,
                                .activation = ActivationFunction::sigmoid})(
        GlobalAveragePooling2D({.keepdims = true})(x));
    x = Conv2D({.filters = 4, .kernel_size = 1})(Multiply()({x, gate}));
  }
  x = Dense({.units = 6, .activation = ActivationFunction::softmax})(
      GlobalAveragePooling2D()(x));
  models::Model model(input, x);
  model.initialize(3);
  auto trainer = std::make_unique<Trainer>(
      std::move(model), TrainerOptions{.loss = SparseCategoricalCrossentropy{},
                                       .device = Device::cuda,
                                       .disabled_passes = without});
  trainer->fit(testing::LabelSet(32, 6, 8), {.epochs = 1});
  return trainer;
}

TEST(TrainingOnAGpu, DoesntKeepWhatAGateScales) {
  const auto kept = trained_with_gates({"recompute_gated_images"});
  const auto again = trained_with_gates({});
  EXPECT_LT(again->step()->arena_bytes(), kept->step()->arena_bytes());
  testing::expect_same(*kept, *again);
}

TEST(TrainingOnAGpu, GoesOnWhereverItsFileIsTaken) {
  const testing::TemporaryFolder folder;
  trained(Device::cuda, 1)->save(folder.path() / "gpu.keras");
  trained(Device::cpu, 1)->save(folder.path() / "cpu.keras");
  const auto whole = trained(Device::cpu, 2);
  expect_like(*whole, *trained(Device::cpu, 2, folder.path() / "gpu.keras"));
  expect_like(*whole, *trained(Device::cuda, 2, folder.path() / "cpu.keras"));
}

// Losses of about 1, means over many pixels, each some forty roundings of up to
// 2^-8 away from its first image.
TEST(TrainingOnAGpu, InBfloat16IsNearThatInFloat32) {
  const auto exact = trained(Device::cuda, 2);
  const auto mixed = trained(Device::cuda, 2, {}, Precision::bf16);
  EXPECT_GT(mixed->step()->bfloat16_operations(), 20U);
  for (std::size_t epoch = 0; epoch < 2; ++epoch) {
    EXPECT_NEAR(log_value(mixed->position().history[epoch], "loss"),
                log_value(exact->position().history[epoch], "loss"), 0x1p-6);
  }
}

TEST(TrainingOnAGpu, StepsAreTheSameBitForBit) {
  const auto once = trained(Device::cuda, 2);
  const auto again = trained(Device::cuda, 2);
  const auto left = once->model().weights();
  const auto right = again->model().weights();
  ASSERT_EQ(left.size(), right.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    testing::expect_identical(left[i].tensor, right[i].tensor);
  }
}

TEST(TrainingOnAGpu, IsThatWithoutCaptureBitForBit) {
  const auto plain = testing::trained_with_everything(false);
  const auto captured = testing::trained_with_everything(true);
  testing::expect_same(*plain, *captured);
}

TEST(TrainingOnAGpu, GoesOnBitForBit) {
  const testing::TemporaryFolder folder;
  const testing::LabelSet data = testing::large_batches();
  const auto whole = testing::trained_with_everything(true, 3);
  testing::trained_with_everything(true, 1)->save(folder.path() / "one.keras");
  const auto resumed = testing::everything_on();
  resumed->resume(folder.path() / "one.keras");
  resumed->fit(data, {.epochs = 3, .validation = &data});
  testing::expect_same(*whole, *resumed);
}

// The steps under way are reported before a run stops, each in its turn.
TEST(TrainingOnAGpu, ReportsEveryStep) {
  class Steps : public Callback {
   public:
    Steps(std::vector<std::int64_t>& seen, std::atomic<bool>& stop)
        : seen_(seen), stop_(stop) {}
    void on_step_end(Trainer& trainer, const StepReport& report) override {
      seen_.push_back(report.step);
      EXPECT_EQ(trainer.position().step, report.step);
      if (report.step == 4) stop_ = true;
    }

   private:
    std::vector<std::int64_t>& seen_;
    std::atomic<bool>& stop_;
  };
  std::vector<std::int64_t> seen;
  std::atomic<bool> stop{false};
  const auto trainer = testing::everything_on();
  const testing::LabelSet data(40, 6, 4);
  EXPECT_FALSE(trainer->fit(
      data, {.epochs = 2, .callbacks = {Steps(seen, stop)}, .stop = &stop}));
  EXPECT_EQ(trainer->position().step, 4 + StepResults::kBehind);
  std::vector<std::int64_t> expected(4 + StepResults::kBehind);
  std::iota(expected.begin(), expected.end(), std::int64_t{1});
  EXPECT_EQ(seen, expected);
}

TEST(TrainingOnAGpu, StopsWhereTheLossIsNotFinite) {
  const auto trainer = testing::everything_on();
  trainer->model().weights().front().tensor.values<float>()[0] =
      std::numeric_limits<float>::quiet_NaN();
  try {
    trainer->fit(testing::large_batches(), {.epochs = 1});
    FAIL() << "a loss of nan went unnoticed";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("at step 1;"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace lathe::train
