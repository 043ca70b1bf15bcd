// Runs train_classifier and predict as a user would: what they write, what they
// say about bad input, and how they end.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "core/image/read_image.h"
#include "core/image/write_image.h"
#include "core/philox.h"
#include "models/convnet.h"
#include "models/keras_file.h"
#include "models/load_weights.h"
#include "tests/apps/run_app.h"
#include "tests/support/temporary_folder.h"

namespace lathe {
namespace {

namespace fs = std::filesystem;
using testing::expect_mentions;
using testing::read_bytes;
using testing::Result;
using testing::run;
using testing::TemporaryFolder;
using testing::write_bytes;

constexpr int kImages = 10;  // of each class

// Three classes of noisy pictures, each brightest in a colour of its own.
class Classifier : public ::testing::Test {
 protected:
  void SetUp() override {
    Philox random({.seed = 3});
    for (int c = 0; c < 3; ++c) {
      fs::create_directories(data() / names_[c]);
      for (int i = 0; i < kImages; ++i) {
        const Tensor image({20, 24, 3}, DType::uint8);
        std::int64_t place = 0;
        for (auto& value : image.values<std::uint8_t>()) {
          value = static_cast<std::uint8_t>(random.below(140) +
                                            (place++ % 3 == c ? 100 : 0));
        }
        image::write_png(data() / names_[c] / file(i), image);
      }
    }
  }
  static std::string file(int i) {
    return "photo " + std::to_string(i) + ".png";
  }
  fs::path data() const { return folder_.path() / "data"; }
  fs::path output() const { return folder_.path() / "run"; }
  std::string train(const std::string& options) const {
    return "train_classifier --model convnet --size 16 --batch 4 --output '" +
           output().string() + "' --checkpoint model.keras " + options;
  }
  std::string from_folder(const std::string& options) const {
    return train("--val-fraction 0.3 --data '" + data().string() + "' " +
                 options);
  }
  std::int64_t lines(const char* name) const {
    const std::string text = read_bytes(output() / name);
    return std::count(text.begin(), text.end(), '\n');
  }

  const std::vector<std::string> names_{"blue, deep", "green", "red"};
  TemporaryFolder folder_;
};

TEST_F(Classifier, LearnsReportsAndPredicts) {
  const Result trained = run(
      from_folder("--epochs 12 --learning-rate 3e-3 --augment flip=horizontal "
                  "--label-smoothing 0.1 --class-weights balanced --optimizer "
                  "'adamw(weight_decay=0.01)' --schedule cosine"));
  expect_mentions(trained, 0,
                  {"30 images in 3 classes", "21 to train on",
                   "9 to validate with", "Epoch 1/12", "accuracy",
                   "val_top_5_accuracy", "precision", "blue, deep", "Saved"});
  for (const char* name :
       {"model.keras", "log.csv", "steps.csv", "curves.png", "run.json",
        "confusion.png", "mistakes.png", "report.csv"}) {
    EXPECT_TRUE(fs::exists(output() / name)) << name;
  }
  EXPECT_EQ(lines("log.csv"), 1 + 12);
  EXPECT_EQ(lines("steps.csv"), 1 + 12 * 5);

  const fs::path predictions = folder_.path() / "predictions";
  expect_mentions(
      run("predict --model '" + (output() / "model.keras").string() +
          "' --input '" + (data() / "green").string() + "' --output '" +
          predictions.string() + "'"),
      0, {"10 rows of predictions.csv", "images/s"});
  std::ifstream rows(predictions / "predictions.csv");
  std::string line;
  std::getline(rows, line);
  EXPECT_EQ(line,
            "file,label,probability,label_2,probability_2,label_3,"
            "probability_3");
  int right = 0;
  int count = 0;
  while (std::getline(rows, line)) {
    EXPECT_EQ(line.find(file(count++) + ","), 0U) << line;
    right += line.find(".png,green,") != std::string::npos ? 1 : 0;
    EXPECT_NE(line.find("\"blue, deep\""), std::string::npos) << line;
  }
  EXPECT_EQ(count, kImages);
  // Colours 100 grey levels apart, averaged over hundreds of pixels.
  EXPECT_GE(right, kImages - 1);
}

TEST_F(Classifier, AugmentsInTheModelAndGoesOnFromAFile) {
  const std::string model = (output() / "model.keras").string();
  expect_mentions(run(from_folder("--epochs 1 --augment-at model --augment "
                                  "flip=horizontal,rotation=0.1,zoom=0.2")),
                  0, {"Saved"});
  const auto loaded = models::load(model);
  EXPECT_EQ(loaded.layers()[1]->class_name(), "RandomFlip");
  EXPECT_EQ(loaded.class_names(), names_);
  expect_mentions(run(from_folder("--epochs 2 --augment-at model --augment "
                                  "flip=horizontal,rotation=0.1,zoom=0.2 "
                                  "--resume '" +
                                  model + "'")),
                  0, {"Going on from", "Epoch 2/2"});
  EXPECT_EQ(lines("log.csv"), 1 + 2);
}

TEST_F(Classifier, MixesSamplesAndLabelsInTheStep) {
  const std::string mixing =
      "--augment 'flip=horizontal,cutmix(p=0.5),mixup=0.2' ";
  expect_mentions(
      run(from_folder("--epochs 2 --label-smoothing 0.1 --class-weights "
                      "balanced " +
                      mixing)),
      0, {"Epoch 2/2", "val_accuracy", "Saved"});
  for (const std::string place : {"loader", "model"}) {
    expect_mentions(run(from_folder(mixing + "--augment-at " + place)), 1,
                    {place == "loader" ? "mixing needs the batch" : "cutmix"});
  }
  expect_mentions(run(from_folder(mixing + "--batch 1")), 1, {"--batch 1;"});
  expect_mentions(run(from_folder("--augment copy_paste")), 1, {"masks"});
}

TEST_F(Classifier, SeesTheSamePixelsWhereverTheyAreAugmented) {
  std::vector<std::string> losses;
  for (const std::string place : {"step", "loader", "model"}) {
    fs::remove_all(output());
    expect_mentions(run(from_folder("--epochs 2 --augment flip=horizontal,"
                                    "rotation=0.1,zoom=0.2 --augment-at " +
                                    place)),
                    0, {"Saved"});
    losses.push_back(testing::losses(output()));
  }
  EXPECT_NE(losses[0].find("\n10,2,"), std::string::npos) << losses[0];
  EXPECT_EQ(losses[1], losses[0]);
  EXPECT_EQ(losses[2], losses[0]);
}

TEST_F(Classifier, DropsWholeBlocks) {
  std::set<std::string> losses;
  for (const std::string rate : {"0.2", "0.8"}) {
    fs::remove_all(output());
    expect_mentions(
        run(from_folder("--model efficientnet_b0 --limit 10 "
                        "--epochs 1 --augment none --drop-connect " +
                        rate)),
        0, {"Saved"});
    losses.insert(testing::losses(output()));
    const auto said = nlohmann::json::parse(read_bytes(output() / "run.json"));
    EXPECT_EQ(said["options"]["drop-connect"], std::stod(rate));
    // Keras' stochastic depth: of the 16 blocks the last one with a way around
    // it is the 15th.
    const models::Model model = models::load(output() / "model.keras");
    const auto drop = model.layer("block6d_drop").config();
    EXPECT_NEAR(drop.at("rate").get<double>(), std::stod(rate) * 14 / 16, 1e-6);
  }
  EXPECT_EQ(losses.size(), 2U);
  const Result never =
      run(from_folder("--model efficientnet_b0 --drop-connect 0 --summary"));
  expect_mentions(never, 0, {"block6d_add"});
  EXPECT_EQ(never.output.find("block6d_drop"), std::string::npos);
}

TEST_F(Classifier, InterruptedRunsGoOn) {
  expect_mentions(
      testing::interrupt(from_folder("--epochs 4000"), output() / "log.csv"),
      130, {"--resume"});
  const fs::path stopped = output() / "interrupted.keras";
  ASSERT_TRUE(fs::exists(stopped));
  const auto before = lines("log.csv");
  expect_mentions(run(from_folder("--epochs " + std::to_string(before) +
                                  " --resume '" + stopped.string() + "'")),
                  0, {"Going on from"});
  // A header and a row an epoch, none of them twice.
  EXPECT_EQ(lines("log.csv"), before + 1);
}

TEST_F(Classifier, TakesWhatFitsFromOtherWeights) {
  const fs::path other = folder_.path() / "other.weights.h5";
  const auto ten = models::convnet({.size = {16, 16}, .classes = 10});
  models::save_weights(ten, other);
  expect_mentions(run(from_folder("--epochs 2 --freeze backbone "
                                  "--fine-tune-at 2 --weights '" +
                                  other.string() + "'")),
                  0,
                  {"other.weights.h5", "predictions", "387 of them trained"});
  // A file of another network.
  const fs::path narrow = folder_.path() / "narrow.weights.h5";
  const auto grey =
      models::convnet({.size = {16, 16}, .channels = 1, .classes = 3});
  models::save_weights(grey, narrow);
  expect_mentions(
      run(from_folder("--weights '" + narrow.string() + "'")), 1,
      {"narrow.weights.h5", "conv2d", "(3, 3, 1, 32)", "(3, 3, 3, 32)"});
}

TEST_F(Classifier, ReadsTables) {
  const fs::path table = folder_.path() / "labels.csv";
  std::string text = "path,label\n";
  for (int i = 0; i < 4; ++i) {
    text += "\"data/blue, deep/" + file(i) + "\",cold\n";
    text += "data/red/" + file(i) + ",warm\n";
  }
  write_bytes(table, text);
  expect_mentions(run(train("--epochs 1 --val-fraction 0.25 --csv '" +
                            table.string() + "'")),
                  0, {"8 images in 2 classes", "cold", "warm"});
  write_bytes(table, text + "data/red/none.png,warm\n");
  expect_mentions(run(train("--csv '" + table.string() + "'")), 1,
                  {"labels.csv", "10", "none.png"});
}

// `count` images of 8x8 and their labels 0, 1, 0, ...: IDX files.
void write_idx(const fs::path& folder, const std::string& set, char count) {
  std::string images{0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 8, 0, 0, 0, 8};
  std::string labels{0, 0, 8, 1, 0, 0, 0, count};
  for (char i = 0; i < count; ++i) {
    images += std::string(64, static_cast<char>(i % 2 == 0 ? 20 : 120));
    labels += static_cast<char>(i % 2);
  }
  write_bytes(folder / (set + "-images-idx3-ubyte"), images);
  write_bytes(folder / (set + "-labels-idx1-ubyte"), labels);
}

TEST_F(Classifier, ReadsIdxFiles) {
  const fs::path folder = folder_.path() / "idx";
  fs::create_directories(folder);
  write_idx(folder, "train", 12);
  write_idx(folder, "t10k", 4);
  const std::string command =
      train("--epochs 1 --idx '" + folder.string() + "'");
  expect_mentions(run(command), 0,
                  {"12 images in 2 classes", "4 images in 2 classes", "Saved"});
  const fs::path images = folder / "train-images-idx3-ubyte";
  const std::string whole = read_bytes(images);
  write_bytes(images, whole.substr(0, whole.size() - 65));
  expect_mentions(run(command), 1, {images.string(), "12"});
}

TEST_F(Classifier, BadDataNamesWhatIsWrong) {
  expect_mentions(run(train("--data /nowhere")), 1, {"/nowhere"});
  expect_mentions(run(train("--idx /nowhere")), 1, {"/nowhere"});
  const std::string both = "--train '" + data().string() + "' --val '" +
                           (folder_.path() / "val").string() + "'";
  fs::create_directories(folder_.path() / "val" / "yellow");
  fs::copy_file(data() / "red" / file(0),
                folder_.path() / "val" / "yellow" / file(0));
  expect_mentions(run(train(both)), 1, {"yellow", "green"});

  const fs::path photo = data() / "green" / file(2);
  const std::string whole = read_bytes(photo);
  write_bytes(photo, whole.substr(0, whole.size() / 2));
  expect_mentions(run(from_folder("--epochs 1")), 1, {photo.string()});
  write_bytes(photo, "no image");
  expect_mentions(run(from_folder("--epochs 1")), 1, {photo.string()});
  write_bytes(photo, "");
  expect_mentions(run(from_folder("--epochs 1")), 1, {photo.string()});
  expect_mentions(run(from_folder("--epochs 1 --skip-bad")), 0,
                  {"1 samples could not be read", photo.string()});
  write_bytes(photo, whole);

  fs::create_directories(data() / "empty");
  expect_mentions(run(from_folder("")), 1, {"empty", "no image"});
}

TEST_F(Classifier, WrongUsageIsExplainedAndExitsWith2) {
  expect_mentions(run("train_classifier --data a --csv b"), 2, {});
  expect_mentions(run("train_classifier --data a --train b"), 2,
                  {"one of --data"});
  expect_mentions(run("train_classifier --val b"), 2, {"--train"});
  expect_mentions(run("train_classifier --model resnet"), 2,
                  {"efficientnet_b0"});
  expect_mentions(run("train_classifier --freeze half"), 2, {"backbone"});
  expect_mentions(run("train_classifier --fine-tune-at 3"), 2, {"--freeze"});
  expect_mentions(run("train_classifier --help"), 0,
                  {"--augment-at", "Model:", "--label-smoothing", "=step"});
  expect_mentions(run(from_folder("--optimizer magic")), 1, {"magic", "adamw"});
  expect_mentions(run(from_folder("--model efficientnet_b0 --size 8")), 1,
                  {"efficientnet", "8 x 8", "at least 16"});
  expect_mentions(run(from_folder("--size 4")), 1,
                  {"convnet", "4 x 4", "at least 8"});
}

TEST_F(Classifier, SummaryPrintsTheModelAndStops) {
  expect_mentions(
      run("train_classifier --data '" + data().string() + "' --summary"), 0,
      {"4,053,", "stem_conv", "predictions"});
}

}  // namespace
}  // namespace lathe
