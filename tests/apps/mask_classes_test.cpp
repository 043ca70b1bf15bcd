// Runs train_segmentation with masks of several classes, of colours, with other
// losses and on crops.

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "core/error.h"
#include "core/image/read_image.h"
#include "core/image/write_image.h"
#include "tests/apps/run_app.h"
#include "tests/apps/segmentation_run.h"
#include "train/data/csv.h"

namespace lathe {
namespace {

namespace fs = std::filesystem;
using testing::expect_mentions;
using testing::read_bytes;
using testing::Result;
using testing::run;
using testing::Segmentation;
using testing::write_bytes;

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
