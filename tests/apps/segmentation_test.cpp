// Runs train_segmentation and predict as a user would: what they write, what
// they say about bad input, and how they end.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/folder_lock.h"
#include "core/image/read_image.h"
#include "core/image/write_image.h"
#include "tests/apps/run_app.h"
#include "tests/support/temporary_folder.h"
#include "train/data/csv.h"
#include "train/data/scenes.h"

namespace lathe {
namespace {

namespace fs = std::filesystem;
using testing::expect_mentions;
using testing::read_bytes;
using testing::Result;
using testing::run;
using testing::TemporaryFolder;
using testing::write_bytes;

// Six scenes of 40 x 48 pixels with masks of 0 and 255.
class Segmentation : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(images());
    fs::create_directories(masks());
    for (std::uint32_t i = 0; i < 6; ++i) {
      const Tensor image({40, 48, 3}, DType::uint8);
      const Tensor mask({40, 48, 1}, DType::uint8);
      train::draw_scene(1, i, image, mask);
      for (auto& value : mask.values<std::uint8_t>()) value *= 255;
      const std::string name = "photo " + std::to_string(i) + ".png";
      image::write_png(images() / name, image);
      image::write_png(masks() / name, mask);
    }
  }
  fs::path images() const { return folder_.path() / "images"; }
  fs::path masks() const { return folder_.path() / "masks"; }
  fs::path output() const { return folder_.path() / "run"; }
  std::string train(const std::string& options) const {
    return "train_segmentation --data '" + folder_.path().string() +
           "' --size 32 --batch 2 --val-fraction 0.3 --output '" +
           output().string() + "' --checkpoint model.keras --epochs 2 " +
           options;
  }

  TemporaryFolder folder_;
};

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
  expect_mentions(run(train("--precision tf32")), 1,
                  {"tf32 is arithmetic of a GPU", "fp32 or bf16"});
  EXPECT_FALSE(fs::exists(output()));
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

TEST_F(Segmentation, ANumberOfClassesWithValuesToIgnore) {
  for (const fs::directory_entry& entry : fs::directory_iterator(masks())) {
    const Tensor mask = image::read_mask(entry.path());
    std::size_t place = 0;
    for (auto& value : mask.values<std::uint8_t>()) {
      value = static_cast<std::uint8_t>(1 + place++ / 48 % 3);
    }
    image::write_png(entry.path(), mask);
  }
  expect_mentions(
      run(train("--classes 2 --mask-values 1=0,2=1,3=ignore --epochs 1")), 0,
      {"val_mean_iou"});
  expect_mentions(run(train("--classes 2 --mask-values 1=0,2=5")), 1,
                  {"2=5", "classes 0 to 1"});
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

// Masks in three colours, and a fourth that doesn't count.
class ColouredMasks : public Segmentation {
 protected:
  void SetUp() override {
    Segmentation::SetUp();
    write_bytes(folder_.path() / "colours.csv",
                "name,r,g,b\nground,0,0,0\nleft part,0,0,255\nobject,255,0,"
                "0\nvoid,9,9,9\n");
    for (const fs::directory_entry& entry : fs::directory_iterator(masks())) {
      const Tensor mask = image::read_mask(entry.path());
      const Tensor colours({40, 48, 3}, DType::uint8);
      std::uint8_t* to = colours.data<std::uint8_t>();
      for (std::int64_t i = 0; i < mask.elements(); ++i, to += 3) {
        if (i < 2 * 48) {
          std::fill_n(to, 3, std::uint8_t{9});
        } else if (mask.data<std::uint8_t>()[i] > 0) {
          to[i % 48 < 24 ? 2 : 0] = 255;
        }
      }
      image::write_png(entry.path(), colours);
    }
  }
  std::string colours() const {
    return "--mask-colors '" + (folder_.path() / "colours.csv").string() + "' ";
  }
};

TEST_F(ColouredMasks, TrainWithWeightsAndAreReportedByName) {
  const Result trained =
      run(train(colours() + "--loss crossentropy+dice --class-weights "
                            "balanced"));
  expect_mentions(trained, 0,
                  {"class weights: ground 0.", ", left part ", ", object ",
                   "left part ", "mean IoU 0."});
  const std::string report = read_bytes(output() / "report.csv");
  EXPECT_NE(report.find("\nleft part,"), std::string::npos) << report;
  EXPECT_TRUE(fs::exists(output() / "confusion.png"));
  // The same training and the same measures, asked for from outside.
  fs::create_directories(folder_.path() / "other");
  expect_mentions(
      run(train("--config '" + (output() / "run.toml").string() +
                "' --output '" + (folder_.path() / "other").string() + "'")),
      0, {"Saved"});
  EXPECT_EQ(testing::losses(folder_.path() / "other"),
            testing::losses(output()));
  const std::string evaluate =
      "evaluate --model '" + (output() / "model.keras").string() +
      "' --data '" + folder_.path().string() + "' --output '" +
      (folder_.path() / "found").string() + "' ";
  expect_mentions(run(evaluate + colours()), 0,
                  {"left part", "mean_iou", "6 pairs"});
  write_bytes(folder_.path() / "colours.csv", "a,0,0,0\nb,1,1,1\n");
  expect_mentions(run(evaluate + colours()), 1,
                  {"colours.csv: has 2 classes from a to b", "from ground"});
}

TEST_F(ColouredMasks, SayWhatIsWrongWithThem) {
  expect_mentions(run(train("")), 1,
                  {".png: a coloured mask, with a pixel of "});
  write_bytes(folder_.path() / "colours.csv",
              "ground 0 0 0\nobject 255 0 0\nvoid 9 9 9\n");
  expect_mentions(run(train(colours())), 1,
                  {"photo ", ".png: the colour 0, 0, 255 in row ", ", column ",
                   "--mask-colors"});
  expect_mentions(run(train(colours() + "--classes 4")), 2,
                  {"--classes is 4, and ", "colours.csv has 2"});
  expect_mentions(run(train(colours() + "--mask-values 0,1")), 2,
                  {"give one of them"});
  write_bytes(folder_.path() / "colours.csv", "ground 0 0 0\nobject 255 0\n");
  expect_mentions(run(train(colours())), 1, {"colours.csv: line 2: "});
}

TEST_F(Segmentation, LearnsByEveryLossAndWeight) {
  for (const char* options :
       {"--loss 'focal(gamma=1,alpha=0.7)'", "--loss dice",
        "--loss crossentropy+dice --class-weights 1,2.5"}) {
    SCOPED_TRACE(options);
    expect_mentions(run(train(concat("--epochs 1 ", options))), 0,
                    {"Saved", "mean IoU"});
    EXPECT_TRUE(fs::exists(output() / "report.csv"));
    EXPECT_TRUE(fs::exists(output() / "precision_recall.png"));
  }
  expect_mentions(run(train("--loss hinge")), 1, {"hinge", "focal"});
  expect_mentions(run(train("--loss dice --class-weights balanced")), 2,
                  {"--class-weights goes with the other losses"});
  expect_mentions(run(train("--class-weights 1,2,3")), 1,
                  {"has 3 numbers", "each of 2 classes"});
  expect_mentions(run(train("--class-weights some")), 1,
                  {"--class-weights some: 'some' is not a number"});
}

TEST_F(Segmentation, TrainsOnCropsAndMeasuresWholeImages) {
  expect_mentions(run(train("--crop 32 --crop-balanced")), 0,
                  {"4 to train on, 2 to validate", "Saved", "mean IoU"});
  const std::string evaluate =
      "evaluate --model '" + (output() / "model.keras").string() +
      "' --data '" + folder_.path().string() + "' --output '" +
      (folder_.path() / "found").string() + "' ";
  expect_mentions(run(evaluate + "--tiles --batch 4"), 0, {"6 pairs"});
  // Every pixel of six images counts once.
  const auto rows = train::read_csv(folder_.path() / "found" / "report.csv");
  EXPECT_EQ(std::stoll(rows.at(1).back()) + std::stoll(rows.at(2).back()),
            6 * 40 * 48);
  expect_mentions(
      run(train("--crop 40")), 2,
      {"--crop is 40; the U-Net takes multiples of 16, such as 48"});
  expect_mentions(run(train("--crop-balanced")), 2, {"give both"});
}

}  // namespace
}  // namespace lathe
