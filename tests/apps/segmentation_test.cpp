// Runs train_segmentation and predict as a user would: what they write, what
// they say about bad input, and how they end.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/folder_lock.h"
#include "core/image/read_image.h"
#include "core/image/write_image.h"
#include "tests/apps/run_app.h"
#include "tests/apps/segmentation_run.h"

namespace lathe {
namespace {

namespace fs = std::filesystem;
using testing::expect_mentions;
using testing::read_bytes;
using testing::Result;
using testing::run;
using testing::Segmentation;
using testing::write_bytes;

TEST_F(Segmentation, TwoRunsDontWriteIntoOneFolder) {
  fs::create_directories(output());
  {
    const FolderLock lock(output());
    expect_mentions(run(train("--epochs 1")), 1,
                    {"run: another run is writing there"});
    EXPECT_TRUE(fs::is_empty(output()));
  }
  expect_mentions(run(train("--epochs 1")), 0, {"Saved"});
}

TEST_F(Segmentation, TrainThenPredictAtTheInputsOwnSize) {
  const Result trained = run(train("--augment flip=horizontal,rotation=0.1"));
  expect_mentions(trained, 0,
                  {"6 pairs", "4 to train on, 2 to validate", "Epoch 1/2: 2/2",
                   "val_mean_iou", "Saved"});
  for (const char* name : {"model.keras", "log.csv", "steps.csv", "curves.png",
                           "samples.png", "run.json"}) {
    EXPECT_TRUE(fs::exists(output() / name)) << name;
  }
  const std::string steps = read_bytes(output() / "steps.csv");
  EXPECT_EQ(std::count(steps.begin(), steps.end(), '\n'), 1 + 4);
  const std::string log = read_bytes(output() / "log.csv");
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1 + 2);
  EXPECT_EQ(log.substr(0, log.find('\n')),
            "epoch,seconds,loss,accuracy,iou,mean_iou,val_loss,val_accuracy,"
            "val_iou,val_mean_iou");

  const fs::path predictions = folder_.path() / "predictions";
  expect_mentions(
      run("predict --model '" + (output() / "model.keras").string() +
          "' --input '" + images().string() + "' --output '" +
          predictions.string() + "' --overlay --probabilities"),
      0, {"6 masks", "images/s"});
  const Tensor mask = image::read_mask(predictions / "photo 0.png");
  EXPECT_EQ(mask.shape(), (Shape{40, 48, 1}));
  for (const std::uint8_t value : mask.values<std::uint8_t>()) {
    ASSERT_TRUE(value == 0 || value == 255);
  }
  EXPECT_TRUE(fs::exists(predictions / "photo 5_overlay.png"));
  EXPECT_TRUE(fs::exists(predictions / "photo 5_probability.png"));
}

TEST_F(Segmentation, InterruptedRunsGoOnAsIfTheyHadNot) {
  expect_mentions(
      testing::interrupt(train("--epochs 400"), output() / "log.csv"), 130,
      {"--resume"});
  const fs::path stopped = output() / "interrupted.keras";
  ASSERT_TRUE(fs::exists(stopped));
  const auto rows = [&] {
    const std::string text = read_bytes(output() / "log.csv");
    return std::count(text.begin(), text.end(), '\n');
  };
  const auto before = rows();
  expect_mentions(run(train("--epochs " + std::to_string(before + 1) +
                            " --resume '" + stopped.string() + "'")),
                  0, {"Going on from"});
  // A header and a row an epoch, none of them twice.
  EXPECT_EQ(rows(), before + 2);
}

TEST_F(Segmentation, ComputesInThePrecisionThatIsAskedFor) {
  expect_mentions(run(train("--precision tf32")), 0,
                  {"on the cpu in tf32, which is fp32 there;", "Saved"});
  expect_mentions(run(train("--precision bf16")), 0,
                  {"on the cpu in bf16, ", " operations;", "Saved"});
  const std::string log = read_bytes(output() / "run.json");
  EXPECT_NE(log.find("\"precision\": \"bf16\""), std::string::npos);
  expect_mentions(
      run("predict --model '" + (output() / "model.keras").string() +
          "' --input '" + images().string() + "' --output '" +
          output().string() + "' --precision bf16"),
      0, {"6 masks"});
  expect_mentions(run("train_segmentation --precision fp16"), 2, {"fp16"});
}

TEST_F(Segmentation, AProfiledPredictionIsTheSame) {
  expect_mentions(run(train("--epochs 1")), 0, {"Saved"});
  const auto predict = [&](const std::string& folder,
                           const std::string& options) {
    return run("predict --model '" + (output() / "model.keras").string() +
               "' --input '" + images().string() + "' --output '" +
               (folder_.path() / folder).string() +
               "' --probabilities --batch 2 " + options);
  };
  expect_mentions(predict("plain", ""), 0, {"6 masks"});
  // Three batches, of which one runs plain.
  expect_mentions(predict("profiled", "--profile"), 0,
                  {"6 masks", "Profile of steps 2 to 3", "GFLOP/s and ",
                   "convolution", "slowest nodes", "trace.json"});
  const std::string photo = "photo 5_probability.png";
  EXPECT_EQ(read_bytes(folder_.path() / "profiled" / photo),
            read_bytes(folder_.path() / "plain" / photo));
  const auto trace = nlohmann::json::parse(
      read_bytes(folder_.path() / "profiled" / "trace.json"));
  std::int64_t steps = 0;
  for (const auto& event : trace.at("traceEvents")) {
    steps += event.at("name").get<std::string>().starts_with("step ") ? 1 : 0;
  }
  EXPECT_EQ(steps, 2);
}

TEST_F(Segmentation, AProfiledRunInLittleMemoryTrainsTheSame) {
  expect_mentions(run(train("--epochs 1")), 0, {"Saved"});
  const std::string plain = testing::losses(output());
  expect_mentions(run(train("--epochs 1 --profile --memory low")), 0,
                  {"Profile of steps 2 to 2", "GFLOP/s and ", "convolution",
                   "slowest nodes", "trace.json", "Saved"});
  EXPECT_EQ(testing::losses(output()), plain);
  EXPECT_TRUE(nlohmann::json::accept(read_bytes(output() / "trace.json")));
  const std::string options = read_bytes(output() / "run.json");
  EXPECT_NE(options.find("\"profile\": true"), std::string::npos);
  EXPECT_NE(options.find("\"memory\": \"low\""), std::string::npos);
}

TEST_F(Segmentation, MixesSamplesAndMasksInTheStep) {
  expect_mentions(
      run(train("--augment 'flip,cutmix(p=0.5),mosaic,copy_paste'")), 0,
      {"Epoch 2/2", "Saved"});
  expect_mentions(run(train("--augment mosaic --augment-at loader")), 1,
                  {"mixing needs the batch"});
}

TEST_F(Segmentation, RefusesWhatDoesNotFitBeforeItTrains) {
  expect_mentions(run(train("--augment flip,mosaic --batch 1")), 1,
                  {"--batch 1; mixing needs at least two samples"});
  for (const std::string place : {"step", "loader"}) {
    expect_mentions(
        run(train("--augment flip,crop=24 --augment-at " + place)), 1,
        {"'crop=24' makes images of 24 x 24, and the model takes 32 x 32"});
    expect_mentions(
        run(train("--augment crop=40,resize=32 --augment-at " + place)), 1,
        {"crop: images of 32 x 32; they have no window of 40 x 40"});
  }
  EXPECT_FALSE(fs::exists(output()));
}

TEST_F(Segmentation, WrongUsageIsExplainedAndExitsWith2) {
  expect_mentions(run("train_segmentation --size 100"), 2,
                  {"100", "multiples of 16", "96"});
  expect_mentions(run("train_segmentation --no-such-option"), 2, {});
  expect_mentions(run("train_segmentation --images x"), 2,
                  {"--images and --masks go together"});
  expect_mentions(run("train_segmentation --augment-at nowhere"), 2, {});
  expect_mentions(run("predict"), 2, {"--model"});
  expect_mentions(
      run("train_segmentation --help"), 0,
      {"--val-fraction", "Training:", "=0.001", "--resume", "--profile"});
}

TEST_F(Segmentation, SummaryPrintsTheModelAndStops) {
  expect_mentions(run("train_segmentation --summary"), 0,
                  {"2,058,401", "2,054,625", "separable_conv2d"});
}

TEST_F(Segmentation, BadDataNamesTheFile) {
  expect_mentions(run("train_segmentation --data /nowhere"), 1,
                  {"/nowhere/images"});
  expect_mentions(run(train("--batch 64")), 1, {"64"});
  expect_mentions(run(train("--augment wobble=1")), 1, {"wobble", "rotation"});

  const fs::path photo = images() / "photo 2.png";
  const std::string whole = read_bytes(photo);
  write_bytes(photo, whole.substr(0, whole.size() / 2));
  expect_mentions(run(train("")), 1, {"photo 2.png"});
  expect_mentions(run(train("--skip-bad")), 0,
                  {"1 samples could not be read", "photo 2.png"});
  write_bytes(photo, whole);

  const Tensor odd({40, 48, 1}, DType::uint8);
  odd.values<std::uint8_t>()[1000] = 7;
  image::write_png(masks() / "photo 3.png", odd);
  expect_mentions(run(train("")), 1, {"photo 3.png", "7", "--mask-values"});
  fs::remove(masks() / "photo 3.png");
  expect_mentions(run(train("")), 1, {"photo 3.png", "no mask"});
  expect_mentions(run(train("--skip-bad --val-fraction 0")), 0, {"5 pairs"});
}

TEST_F(Segmentation, ForeignModelsAreRefused) {
  const fs::path foreign = folder_.path() / "foreign.keras";
  write_bytes(foreign, "this is no model");
  expect_mentions(run(train("--init '" + foreign.string() + "'")), 1,
                  {"foreign.keras"});
  expect_mentions(
      run("predict --model '" + foreign.string() + "' --input '" +
          images().string() + "' --output '" + output().string() + "'"),
      1, {"foreign.keras"});
}

TEST_F(Segmentation, NamesMayBeAnyBytes) {
  const std::vector<std::string> names{
      "a b",           "A B",     "new\nline", "\xC3\xBC\xE6\xBC\xA2",
      "no utf-8 \xFF", "quote\"", "-dash",     "<&>;"};
  const fs::path data = folder_.path() / "odd \xC3\xBC\xFE\n";
  for (const char* kind : {"images", "masks"}) {
    fs::create_directories(data / kind);
    for (const std::string& name : names) {
      fs::copy(folder_.path() / kind / "photo 1.png",
               data / kind / (name + ".png"));
    }
    fs::create_symlink(names[0] + ".png", data / kind / "link.png");
  }
  fs::create_symlink(data, folder_.path() / "linked");
  const fs::path output = folder_.path() / "run\n\xFF";
  const std::string options = " --size 16 --batch 3 --epochs 1 --output '" +
                              output.string() +
                              "' --checkpoint model.keras --val-fraction 0.3";
  const std::string linked = (folder_.path() / "linked").string();
  expect_mentions(run("train_segmentation --data '" + linked + "'" + options),
                  0, {"9 pairs", "Saved"});
  expect_mentions(run("predict --model '" + (output / "model.keras").string() +
                      "' --input '" + (data / "images").string() +
                      "' --output '" + (output / "masks").string() + "'"),
                  0, {"9 masks"});
  for (const std::string& name : names) {
    EXPECT_TRUE(fs::exists(output / "masks" / (name + ".png"))) << name;
  }
}

}  // namespace
}  // namespace lathe
