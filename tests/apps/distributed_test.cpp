// Runs the training programs as several processes, as mpirun starts them, and
// compares with one process.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/image/write_image.h"
#include "tests/apps/run_app.h"
#include "tests/support/temporary_folder.h"
#include "train/data/scenes.h"

namespace lathe {
namespace {

namespace fs = std::filesystem;
using testing::expect_mentions;
using testing::read_bytes;
using testing::Result;
using testing::run;
using testing::run_among;
using testing::TemporaryFolder;
using testing::write_bytes;

// The sanitizers see leaks in an MPI.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// Every number of a run's log.csv, but for the seconds.
std::vector<double> numbers(const fs::path& folder) {
  std::ifstream file(folder / "log.csv");
  std::vector<double> result;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream row(line);
    int column = 0;
    for (std::string cell; std::getline(row, cell, ','); ++column) {
      if (column != 1) result.push_back(std::stod(cell));
    }
  }
  return result;
}

void expect_near(const fs::path& found, const fs::path& expected) {
  const std::vector<double> a = numbers(found);
  const std::vector<double> b = numbers(expected);
  ASSERT_EQ(a.size(), b.size());
  ASSERT_FALSE(a.empty());
  // What is promised; sums of float32 come in another order, and SGD does not
  // make more of that, as Adam does, whose first updates are signs.
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_NEAR(a[i], b[i], 1e-5 * std::abs(b[i])) << "number " << i;
  }
}

// Ten scenes, as pairs of image and mask and as images of two classes.
class Distributed : public ::testing::Test {
 protected:
  void SetUp() override {
    if (kSanitized || !testing::has_mpirun()) {
      GTEST_SKIP() << "no mpirun of Open MPI, or built without it or with a "
                      "sanitizer";
    }
    for (const char* name : {"images", "masks", "classes/a", "classes/b"}) {
      fs::create_directories(folder_.path() / name);
    }
    for (std::uint32_t i = 0; i < 10; ++i) {
      const Tensor image({40, 48, 3}, DType::uint8);
      const Tensor mask({40, 48, 1}, DType::uint8);
      train::draw_scene(1, i, image, mask);
      const std::string name = concat("scene_", i, ".png");
      image::write_png(folder_.path() / "images" / name, image);
      image::write_png(folder_.path() / "masks" / name, mask);
      image::write_png(
          folder_.path() / (i % 2 == 0 ? "classes/a" : "classes/b") / name,
          image);
    }
  }
  fs::path at(const std::string& name) const { return folder_.path() / name; }
  std::string segmentation(const std::string& output,
                           const std::string& options = "") const {
    return concat("train_segmentation --data ", folder_.path().string(),
                  " --size 32 --batch 4 --val-fraction 0.3 --output ",
                  at(output).string(), " --checkpoint model.keras --epochs 2 ",
                  "--optimizer 'sgd(momentum=0.9)' --learning-rate 0.01 ",
                  options);
  }

  TemporaryFolder folder_;
};

TEST_F(Distributed, SegmentationIsThatOfOneProcess) {
  const std::string quoted = "--augment 'flip,rotation=0.1,cutmix(p=0.5)'";
  expect_mentions(run(segmentation("one", quoted)), 0, {"Saved"});
  const Result two = run_among(2, segmentation("two", quoted));
  expect_mentions(two, 0,
                  {"2 processes, each with 2 of the 4 samples", "Epoch 2/2"});
  // Once, by the first.
  EXPECT_EQ(two.output.find("7 to train on"),
            two.output.rfind("7 to train on"));
  expect_near(at("two"), at("one"));
  // Two runs of as many processes are the same.
  expect_mentions(run_among(2, segmentation("again", quoted)), 0, {});
  EXPECT_EQ(numbers(at("again")), numbers(at("two")));
  std::vector<std::string> files[2];
  for (const int i : {0, 1}) {
    for (const auto& entry : fs::directory_iterator(at(i == 0 ? "one" : "two")))
      files[i].push_back(entry.path().filename());
    std::ranges::sort(files[i]);
  }
  EXPECT_EQ(files[0], files[1]);
}

TEST_F(Distributed, ClassificationIsThatOfOneProcess) {
  const auto command = [&](const std::string& output) {
    return concat("train_classifier --model convnet --data ",
                  at("classes").string(),
                  " --size 32 --batch 4 --epochs 2 --augment 'flip,mixup=0.2'"
                  " --optimizer 'sgd(momentum=0.9)' --learning-rate 0.01"
                  " --val-fraction 0.2 --output ",
                  at(output).string());
  };
  expect_mentions(run(command("one")), 0, {"Saved"});
  expect_mentions(run_among(2, command("two")), 0, {"Saved", "precision"});
  expect_near(at("two"), at("one"));
}

TEST_F(Distributed, RunsGoOnWithAnotherNumberOfProcesses) {
  expect_mentions(run(segmentation("one", "--epochs 3")), 0, {});
  expect_mentions(run_among(2, segmentation("two")), 0, {});
  const std::string resume =
      concat("--epochs 3 --resume ", at("two/model.keras").string());
  expect_mentions(run_among(4, segmentation("two", resume)), 0,
                  {"Going on from", "each with 1 of the 4"});
  expect_near(at("two"), at("one"));
}

TEST_F(Distributed, InterruptedProcessesEndTogether) {
  const Result result = testing::interrupt_among(
      2, segmentation("two", "--epochs 400"), at("two/log.csv"));
  // It is mpirun that gives 1 where it was interrupted; they give it 130.
  expect_mentions(result, 1, {"--resume"});
  EXPECT_EQ(result.output.find("Stopped after"),
            result.output.rfind("Stopped after"));
  const std::string resume =
      concat("--epochs 1 --resume ", at("two/interrupted.keras").string());
  expect_mentions(run(segmentation("two", resume)), 0, {"Going on from"});
}

TEST_F(Distributed, AnErrorEndsAllProcesses) {
  const auto once = [](const Result& result, const std::string& words) {
    const std::size_t first = result.output.find(words);
    EXPECT_NE(first, std::string::npos) << result.output;
    EXPECT_EQ(first, result.output.rfind(words)) << result.output;
  };
  // Of all of them.
  const Result uneven = run_among(2, segmentation("two", "--batch 5"));
  expect_mentions(uneven, 1, {"4 or 6 would be right"});
  once(uneven, "4 or 6 would be right");
  const Result usage = run_among(2, segmentation("two", "--no-such-option"));
  expect_mentions(usage, 2, {});
  once(usage, "--no-such-option");
  EXPECT_FALSE(fs::exists(at("two")));
  // Of the one that reads it.
  const std::string whole = read_bytes(at("images/scene_2.png"));
  write_bytes(at("images/scene_2.png"), whole.substr(0, whole.size() / 2));
  const Result broken =
      run_among(2, segmentation("two", "--val-fraction 0 --epochs 4"));
  expect_mentions(broken, 1, {});
  once(broken, "scene_2.png");
  expect_mentions(
      run_among(2, segmentation("two", "--val-fraction 0 --skip-bad")), 0,
      {"1 samples could not be read", "scene_2.png"});
}

}  // namespace
}  // namespace lathe
