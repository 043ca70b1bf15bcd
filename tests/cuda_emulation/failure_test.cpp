// A GPU without enough memory, without an engine, or that is lost.
#include <cuda_emulation/runtime.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>

#include "apps/exit_code.h"
#include "tests/cuda_emulation/trained.h"
#include "tests/support/temporary_folder.h"
#include "train/callbacks/model_checkpoint.h"

namespace lathe::train {
namespace {

using testing::everything_on;

// What it says when it fails, or nothing.
template <class F>
std::string error_of(F work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

class Memory : public ::testing::Test {
 protected:
  void TearDown() override { cuda_emulation::set_memory(std::size_t{1} << 40); }
};

TEST_F(Memory, ThatDoesNotSufficeIsSaidWithTheBatchThatFits) {
  cuda_emulation::set_memory(2'000'000);
  const std::string error = error_of([] { everything_on()->compile(4096); });
  EXPECT_NE(error.find("a step of 4096 samples needs "), std::string::npos)
      << error;
  EXPECT_NE(error.find("and 2 MB are free"), std::string::npos) << error;
  const std::string words = "the largest batch that fits is ";
  ASSERT_NE(error.find(words), std::string::npos) << error;
  const std::int64_t fits =
      std::stoll(error.substr(error.find(words) + words.size()));
  EXPECT_GT(fits, 1);
  EXPECT_LT(fits, 4096);
  // It does, with all that steps need beside the arena, and not much more.
  const auto train = [](std::int64_t batch) {
    // As many batches as the loader has on its way, and one more.
    everything_on()->fit(testing::LabelSet(5 * batch, 6, batch), {.epochs = 1});
  };
  EXPECT_EQ(error_of([&] { train(fits); }), "");
  EXPECT_NE(error_of([&] { train(fits + fits / 8); }), "");
}

TEST(Device, ThatIsTooOldIsSaidAndLeftAlone) {
  cuda_emulation::set_compute_capability(7);
  const std::string error = error_of([] { device_from("cuda"); });
  EXPECT_NE(error.find("its compute capability is 7.0, and this build's "
                       "kernels are for 9.0 and later"),
            std::string::npos)
      << error;
  EXPECT_EQ(device_from("auto"), Device::cpu);
  cuda_emulation::set_compute_capability(9);
  EXPECT_EQ(device_from("auto"), Device::cuda);
}

TEST_F(Memory, ThatIsTooLittleForASampleIsSaid) {
  cuda_emulation::set_memory(10'000);
  const std::string error = error_of([] { everything_on()->compile(8); });
  EXPECT_NE(error.find("not even one sample fits"), std::string::npos) << error;
}

TEST(Engine, ThatIsMissingIsNamedWhenAModelIsCompiled) {
  using namespace layers;
  const Symbol input = Input({.shape = {32, 32, 3}});
  const Symbol x =
      Conv2D({.filters = 4, .kernel_size = 13, .name = "odd"})(input);
  Trainer trainer(
      models::Model(input, Dense({.units = 2})(GlobalAveragePooling2D()(x)),
                    "model"),
      {.loss = SparseCategoricalCrossentropy{}, .device = Device::cuda});
  const std::string error = error_of([&] { trainer.compile(2); });
  for (const char* const word : {"odd", "13x13", "(2, 32, 32, 3)"}) {
    EXPECT_NE(error.find(word), std::string::npos) << error;
  }
}

TEST(LostDevice, EndsTheRunAndLeavesTheLastCheckpoint) {
  const testing::TemporaryFolder folder;
  const testing::LabelSet data = testing::large_batches();
  const auto run = [&](Trainer& trainer) {
    trainer.fit(
        data,
        {.epochs = 3,
         .validation = &data,
         .callbacks = {ModelCheckpoint(folder.path() / "{epoch}.keras", {})}});
  };
  class LoseIt : public Callback {
   public:
    void on_step_end(Trainer&, const StepReport& report) override {
      if (report.step == 4) cuda_emulation::lose_device_after(50);
    }
  };
  ::testing::internal::CaptureStderr();
  const int code = apps::run_or_explain([&] {
    const auto trainer = everything_on();
    trainer->fit(
        data,
        {.epochs = 3,
         .validation = &data,
         .callbacks = {ModelCheckpoint(folder.path() / "{epoch}.keras", {}),
                       LoseIt()}});
    return apps::ExitCode::done;
  });
  cuda_emulation::lose_device_after(-1);
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(code, apps::ExitCode::failed);
  EXPECT_NE(said.find("an illegal memory access"), std::string::npos) << said;
  EXPECT_NE(said.find("the GPU is lost"), std::string::npos) << said;
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "2.keras"));
  const auto whole = testing::trained_with_everything(true, 3);
  const auto resumed = everything_on();
  resumed->resume(folder.path() / "1.keras");
  run(*resumed);
  testing::expect_same(*whole, *resumed);
}

}  // namespace
}  // namespace lathe::train
