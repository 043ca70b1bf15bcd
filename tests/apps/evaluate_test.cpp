// Runs evaluate as a user would, and compares it with what training said of the
// same images.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "core/error.h"
#include "core/image/read_image.h"
#include "core/image/write_image.h"
#include "tests/apps/run_app.h"
#include "tests/support/temporary_folder.h"
#include "train/data/csv.h"
#include "train/data/scenes.h"

namespace lathe {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::expect_mentions;
using testing::read_bytes;
using testing::run;
using testing::TemporaryFolder;
using testing::write_bytes;

// The last row of a run's log.csv by its columns' names.
std::map<std::string, double> last_epoch(const fs::path& folder) {
  const auto rows = train::read_csv(folder / "log.csv");
  std::map<std::string, double> result;
  for (std::size_t i = 0; i < rows[0].size(); ++i) {
    result[rows[0][i]] = std::stod(rows.back()[i]);
  }
  return result;
}

// Both sum in float32 or double, in other orders. Of the 7168 pixels one whose
// classes are as likely as each other to the last bits may be of either.
void expect_same(const json& metrics, const std::string& name,
                 const std::map<std::string, double>& epoch) {
  EXPECT_NEAR(metrics.at(name).get<double>(), epoch.at("val_" + name),
              name == "loss" ? 1e-5 : 1.0 / 7168)
      << name;
}

// Seven scenes; as images of two classes too.
class Evaluate : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"images", "masks", "classes/a", "classes/b c"}) {
      fs::create_directories(at(name));
    }
    for (std::uint32_t i = 0; i < 7; ++i) {
      const Tensor image({40, 48, 3}, DType::uint8);
      const Tensor mask({40, 48, 1}, DType::uint8);
      train::draw_scene(1, i, image, mask);
      const std::string name = concat("scene_", i, ".png");
      image::write_png(at("images") / name, image);
      image::write_png(at("masks") / name, mask);
      image::write_png(at(i % 2 == 0 ? "classes/a" : "classes/b c") / name,
                       image);
    }
  }
  fs::path at(const std::string& name) const { return folder_.path() / name; }
  std::string quoted(const std::string& name) const {
    return "'" + at(name).string() + "'";
  }
  json metrics() const {
    return json::parse(read_bytes(at("found/metrics.json")));
  }
  // So little that no probability rounds to 1, where the losses part.
  void train_masks(const std::string& options) const {
    const std::string folders = concat("images ", quoted("images"), " --val-",
                                       "masks ", quoted("masks"));
    expect_mentions(
        run(concat(
            "train_segmentation --size 32 --batch 2 --epochs 2 --learning-rate "
            "1e-5 --data '",
            folder_.path().string(), "' --val-", folders, " --output ",
            quoted("run"), " --checkpoint model.keras ", options)),
        0, {"Saved"});
  }
  std::string evaluate(const std::string& options) const {
    return concat("evaluate --model ", quoted("run/model.keras"), " --output ",
                  quoted("found"), " --batch 3 ", options);
  }

  TemporaryFolder folder_;
};

TEST_F(Evaluate, SaysOfMasksWhatTrainingSaid) {
  train_masks("");
  expect_mentions(run(evaluate("--images " + quoted("images") + " --masks " +
                               quoted("masks"))),
                  0, {"7 pairs", "average_precision", "best_threshold"});
  const auto epoch = last_epoch(at("run"));
  const json found = metrics();
  for (const char* name : {"loss", "accuracy", "iou", "mean_iou"}) {
    expect_same(found, name, epoch);
  }
  EXPECT_GE(found.at("best_iou"), found.at("iou"));
  const auto rows = train::read_csv(at("found/thresholds.csv"));
  ASSERT_EQ(rows.size(), 101);
  EXPECT_EQ(rows[51][0], "0.500");
  EXPECT_NEAR(std::stod(rows[51][4]), found.at("iou").get<double>(), 1e-6);
  EXPECT_EQ(train::read_csv(at("found/report.csv")).size(), 3);
  for (const char* name : {"found/confusion.png", "found/precision_recall.png"})
    EXPECT_GT(image::read_image(at(name)).shape()[0], 100) << name;
}

TEST_F(Evaluate, SaysOfSeveralClassesWhatTrainingSaid) {
  for (const auto& entry : fs::directory_iterator(at("masks"))) {
    const Tensor mask = image::read_mask(entry.path());
    // Some are a third class, and a border is none.
    const auto values = mask.values<std::uint8_t>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i < 48) values[i] = 3;
      if (values[i] == 1 && i % 48 < 20) values[i] = 2;
    }
    image::write_png(entry.path(), mask);
  }
  const std::string values = "--mask-values 0=0,1=1,2=2,3=ignore ";
  train_masks("--classes 3 " + values);
  expect_mentions(
      run(evaluate(values + "--data '" + folder_.path().string() + "'")), 0,
      {"7 pairs", "mean_dice"});
  const auto epoch = last_epoch(at("run"));
  for (const char* name : {"accuracy", "mean_iou"}) {
    expect_same(metrics(), name, epoch);
  }
  // Some pixels are so wrong that clipping shows.
  EXPECT_LE(metrics().at("loss"), epoch.at("val_loss") + 1e-5);
  EXPECT_GT(metrics().at("loss"), epoch.at("val_loss") / 2);
  EXPECT_EQ(train::read_csv(at("found/report.csv")).size(), 4);
  EXPECT_FALSE(fs::exists(at("found/thresholds.csv")));
}

TEST_F(Evaluate, SaysOfAClassifierWhatTrainingSaid) {
  expect_mentions(
      run(concat("train_classifier --model convnet --size 16 --batch 2 "
                 "--epochs 1 --train ",
                 quoted("classes"), " --val ", quoted("classes"), " --output ",
                 quoted("run"), " --checkpoint model.keras")),
      0, {"Saved"});
  expect_mentions(run(evaluate("--data " + quoted("classes"))), 0,
                  {"b c", "macro avg"});
  const auto epoch = last_epoch(at("run"));
  for (const char* name : {"loss", "accuracy"}) {
    expect_same(metrics(), name, epoch);
  }
  EXPECT_EQ(read_bytes(at("found/report.csv")),
            read_bytes(at("run/report.csv")));
  EXPECT_TRUE(fs::exists(at("found/mistakes.png")));

  // As a table, one file of which is broken.
  write_bytes(at("broken.png"), "no picture");
  write_bytes(at("table.csv"),
              "classes/a/scene_0.png,a\nclasses/b c/scene_1.png,b c\n"
              "broken.png,a\n");
  const std::string table = "--csv " + quoted("table.csv");
  expect_mentions(run(evaluate(table)), 1, {"broken.png"});
  expect_mentions(run(evaluate(table + " --skip-bad")), 0,
                  {"1 samples could not be read", "broken.png"});
  EXPECT_EQ(metrics().at("left_out").size(), 1);
}

TEST_F(Evaluate, SaysWhatIsWrongWithItsOptions) {
  train_masks("");
  expect_mentions(run(evaluate("")), 2, {"give one of --data"});
  expect_mentions(run(evaluate("--images " + quoted("images"))), 2,
                  {"--images and --masks go together"});
  write_bytes(at("table.csv"), "a,b\n");
  expect_mentions(run(evaluate("--csv " + quoted("table.csv"))), 1,
                  {"--csv is for classifiers"});
}

}  // namespace
}  // namespace lathe
