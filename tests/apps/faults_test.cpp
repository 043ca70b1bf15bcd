// What a machine can do to a run: full disks, files that can't be read, folders
// that become read-only, no memory, SIGKILL. Each leaves a model to go on from.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "core/error.h"
#include "core/image/write_image.h"
#include "models/keras_file.h"
#include "tests/apps/run_app.h"
#include "tests/support/temporary_folder.h"

namespace lathe {
namespace {

namespace fs = std::filesystem;
using testing::expect_mentions;
using testing::read_bytes;
using testing::Result;
using testing::run;
using testing::run_with_fault;
using testing::TemporaryFolder;

/// Two folders of three images of 8 x 8, and a run of one epoch over them.
class Faults : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryFolder>();
    for (int i = 0; i < 6; ++i) {
      const Tensor image({8, 8, 3}, DType::uint8);
      for (auto& value : image.values<std::uint8_t>()) {
        value = static_cast<std::uint8_t>(i % 2 == 0 ? 10 + i : 200 + i);
      }
      const fs::path folder =
          *folder_ / (i % 2 == 0 ? "data/dark" : "data/light");
      fs::create_directories(folder);
      image::write_png(folder / ("photo" + std::to_string(i) + ".png"), image);
    }
    expect_mentions(run(train(*folder_ / "before", "--epochs 1")), 0,
                    {"Saved"});
  }
  static void TearDownTestSuite() { folder_.reset(); }

  void SetUp() override {
    if (!testing::can_inject()) {
      GTEST_SKIP() << "faults need strace, which may not trace here";
    }
  }

  static std::string train(const fs::path& output, const std::string& options) {
    return "train_classifier --model convnet --size 8 --batch 2 --data '" +
           (*folder_ / "data").string() +
           "' --checkpoint model.keras --augment none --output '" +
           output.string() + "' " + options;
  }
  // The first run's folder, and a command that adds an epoch to it.
  fs::path begun() const {
    const fs::path output = *folder_ / "run";
    fs::remove_all(output);
    fs::copy(*folder_ / "before", output);
    return output;
  }
  static std::string go_on(const fs::path& output,
                           const std::string& options = "") {
    return train(output, "--epochs 2 --resume '" +
                             (output / "model.keras").string() + "' " +
                             options);
  }
  // The model is the old or the new one, and a run can go on from it.
  static void expect_good_model(const fs::path& output) {
    EXPECT_NO_THROW(models::load_with_training(output / "model.keras"));
    for (const char* name : {"log.csv", "steps.csv"}) {
      const std::string text = read_bytes(output / name);
      EXPECT_FALSE(text.empty()) << name;
    }
  }

  static std::unique_ptr<TemporaryFolder> folder_;
};

std::unique_ptr<TemporaryFolder> Faults::folder_;

/// Runs with a fault at the first such call, the second, and so on until there
/// are no more, or with LATHE_FAULTS unset at some drawn ones.
template <class Check>
void at_every_call(const std::string& fault, const Check& check) {
  const bool all = std::getenv("LATHE_FAULTS") != nullptr;
  const unsigned seed = std::random_device{}();
  std::mt19937 random(seed);
  SCOPED_TRACE(concat("seed ", seed));
  int next = all ? 1 : std::uniform_int_distribution(1, 4)(random);
  for (int faults = 0;; ++faults) {
    SCOPED_TRACE(concat(fault, next));
    if (!check(concat(fault, next))) {
      EXPECT_GT(faults, 0);
      return;
    }
    if (::testing::Test::HasFailure()) return;
    next += all ? 1 : std::uniform_int_distribution(2, 7)(random);
  }
}

TEST_F(Faults, AFullDiskAtAnyWriteLeavesAModel) {
  at_every_call("write:error=ENOSPC:when=", [&](const std::string& fault) {
    const fs::path output = begun();
    const Result result = run_with_fault(fault, go_on(output));
    expect_good_model(output);
    // What is only said doesn't end a run.
    if (result.injected && result.code != 0) {
      expect_mentions(result, 1, {"run/", "No space left on device"});
    }
    return result.injected;
  });
}

TEST_F(Faults, AFolderThatBecomesReadOnlyLeavesAModel) {
  at_every_call("rename:error=EROFS:when=", [&](const std::string& fault) {
    const fs::path output = begun();
    const Result result = run_with_fault(fault, go_on(output));
    expect_good_model(output);
    if (result.injected) {
      expect_mentions(result, 1, {"run/", "Read-only file system"});
    }
    return result.injected;
  });
}

TEST_F(Faults, KilledAtAnyWriteLeavesAModel) {
  const std::string calls = "write,fsync,rename,ftruncate:signal=SIGKILL:when=";
  at_every_call(calls, [&](const std::string& fault) {
    const fs::path output = begun();
    const Result result = run_with_fault(fault, go_on(output));
    expect_good_model(output);
    return result.injected;
  });
  const fs::path output = begun();
  EXPECT_TRUE(run_with_fault(calls + "6", go_on(output)).injected);
  expect_mentions(run(go_on(output)), 0, {"Saved"});
}

TEST_F(Faults, AnImageThatCantBeReadEndsTheEpochAndIsNamed) {
  const fs::path output = begun();
  const fs::path image = *folder_ / "data/dark/photo2.png";
  const std::string fault = "read:error=EIO:when=1+";
  const Result stopped = run_with_fault(fault, go_on(output), image);
  EXPECT_TRUE(stopped.injected);
  expect_mentions(stopped, 1, {"photo2.png", "Input/output error"});
  expect_good_model(output);
  expect_mentions(run_with_fault(fault, go_on(output, "--skip-bad"), image), 0,
                  {"photo2.png", "Input/output error", "Saved"});
}

TEST_F(Faults, MemoryThatRunsOutIsSaid) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers take more addresses than there may be";
#endif
  const fs::path output = begun();
  // Batches of 4 GB, of which no more than one is there.
  expect_mentions(
      testing::run_limited(std::int64_t{4} << 20,
                           train(output, "--size 2048 --batch 6 --epochs 2")),
      1, {"memory"});
  expect_good_model(output);
}

}  // namespace
}  // namespace lathe
