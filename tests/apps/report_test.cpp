// Looks at the report.html of real runs, in a real browser.

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "apps/sample_history.h"
#include "core/image/write_image.h"
#include "tests/apps/browser.h"
#include "tests/apps/run_app.h"
#include "tests/support/temporary_folder.h"
#include "train/data/scenes.h"

namespace lathe {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::Browser;
using testing::expect_mentions;
using testing::read_bytes;
using testing::run;
using testing::TemporaryFolder;
using testing::write_bytes;

// A name that would be markup and end an attribute.
const std::string kName = "<i>&\"'";

// Scenes of 40 x 48 pixels with masks of 0 and 255.
class Report : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(data() / "images");
    fs::create_directories(data() / "masks");
    for (std::uint32_t i = 0; i < 8; ++i) {
      const Tensor image({40, 48, 3}, DType::uint8);
      const Tensor mask({40, 48, 1}, DType::uint8);
      train::draw_scene(1, i, image, mask);
      for (auto& value : mask.values<std::uint8_t>()) value *= 255;
      const std::string name = kName + std::to_string(i) + ".png";
      image::write_png(data() / "images" / name, image);
      image::write_png(data() / "masks" / name, mask);
    }
  }
  fs::path data() const { return folder_.path() / "data"; }
  fs::path output() const { return folder_.path() / "runs & more"; }
  fs::path page() const { return output() / "report.html"; }
  testing::Result train(const std::string& options) const {
    return run("train_segmentation --data '" + data().string() +
               "' --size 32 --batch 2 --val-fraction 0.3 --output '" +
               output().string() + "' --checkpoint model.keras " + options);
  }
  // What a page must have, whatever it is of.
  json looked_at(const std::string& text) const {
    EXPECT_EQ(text.find("http:"), std::string::npos);
    EXPECT_EQ(text.find("https:"), std::string::npos);
    const Browser browser;
    json facts = browser.facts(page(), {});
    EXPECT_FALSE(facts.is_null());
    if (facts.is_null()) return facts;
    EXPECT_EQ(facts["broken"], json::array());
    EXPECT_EQ(facts["unnamed"], 0);
    EXPECT_EQ(facts["asked"], json::array());
    EXPECT_EQ(facts["blocked"], json::array());
    EXPECT_LE(facts["wider"], 0);
    for (const json& chart : facts["charts"]) {
      EXPECT_TRUE(chart["inside"]) << chart;
      EXPECT_FALSE(chart["lengths"].empty()) << chart;
      for (const json& length : chart["lengths"]) EXPECT_GT(length, 0) << chart;
      EXPECT_EQ(chart["lengths"].size(), chart["colours"].size()) << chart;
    }
    // On a phone nothing is cut off either, and in the dark it is dark.
    const json phone =
        browser.facts(page(), {.width = 400, .height = 800, .dark = true});
    EXPECT_LE(phone["wider"], 0);
    EXPECT_NE(phone["background"], facts["background"]);
    expect_drawn(browser.screenshot(page(), {.height = 3000}));
    return facts;
  }
  static void expect_drawn(const Tensor& picture) {
    std::set<std::array<std::uint8_t, 3>> colours;
    const auto values = picture.values<std::uint8_t>();
    for (std::size_t i = 0; i + 2 < values.size(); i += 3) {
      colours.insert({values[i], values[i + 1], values[i + 2]});
    }
    // Photographs have thousands; text alone has less than a hundred.
    EXPECT_GT(colours.size(), 2000U);
  }

  TemporaryFolder folder_;
};

bool mentions(const json& text, const std::string& part) {
  return text.get<std::string>().find(part) != std::string::npos;
}

TEST_F(Report, OfMasksShowsSamplesOverTheEpochs) {
  write_bytes(data() / "images" / (kName + "9.png"), "no image");
  fs::copy(data() / "masks" / (kName + "1.png"),
           data() / "masks" / (kName + "9.png"));
  expect_mentions(train("--epochs 2 --skip-bad --augment "
                        "flip=horizontal,rotation=0.1"),
                  0, {"Saved"});
  expect_mentions(train("--epochs 3 --skip-bad --augment "
                        "flip=horizontal,rotation=0.1 --resume '" +
                        (output() / "model.keras").string() + "'"),
                  0, {"Saved"});
  const std::string text = read_bytes(page());
  EXPECT_LT(text.size(), 3e6);
  EXPECT_EQ(text.find(kName), std::string::npos);
  if (!Browser().present()) GTEST_SKIP() << "there is no chromium";

  const json facts = looked_at(text);
  EXPECT_EQ(std::ranges::count(facts["elements"], json("i")), 1)
      << "those of the bar";
  EXPECT_EQ(facts["headings"],
            (json{"Warnings", "Curves", "Samples", "Numbers", "Classes",
                  "Augmentation", "Time", "Options", "Model and machine"}));
  for (const char* part :
       {"runs & more", "finished, 3 epochs", "validation mean_iou", "best",
        "val_loss", "flip=horizontal,rotation=0.1",
        "rotation: ", "waiting for data", "learning-rate", "oneDNN",
        "9.png: ", "Confusion", "IoU", "Precision recall"}) {
    EXPECT_TRUE(mentions(facts["text"], part)) << part;
  }
  EXPECT_TRUE(mentions(facts["text"], kName));
  // Two or three samples that validate; what the first run saw is still there.
  std::vector<int> epochs = facts["cells"];
  ASSERT_GE(epochs.size(), 6U);
  for (const int epoch : {1, 2, 3}) {
    EXPECT_EQ(std::ranges::count(epochs, epoch) * 3,
              static_cast<std::int64_t>(epochs.size()));
  }
  EXPECT_GE(facts["images"], epochs.size() + 4 * 6);
  std::vector<std::string> titles;
  for (const json& chart : facts["charts"]) titles.push_back(chart["title"]);
  EXPECT_EQ(titles, (std::vector<std::string>{
                        "loss", "accuracy", "iou", "mean_iou", "loss of a step",
                        "learning rate", "milliseconds a step"}));
}

TEST_F(Report, OfClassesTellsWhatBecameOfThem) {
  for (int i = 0; i < 8; ++i) {
    const fs::path folder =
        folder_.path() / "classes" / (i % 2 == 0 ? "even <i>" : "odd");
    fs::create_directories(folder);
    const std::string name = kName + std::to_string(i) + ".png";
    fs::copy(data() / "images" / name, folder / name);
  }
  expect_mentions(
      run("train_classifier --data '" + (folder_.path() / "classes").string() +
          "' --size 32 --batch 2 --epochs 2 --val-fraction 0.5 "
          "--model convnet --output '" +
          output().string() + "'"),
      0, {"Saved", "macro avg"});
  if (!Browser().present()) GTEST_SKIP() << "there is no chromium";

  const json facts = looked_at(read_bytes(page()));
  EXPECT_EQ(facts["headings"],
            (json{"Curves", "Samples", "Numbers", "Classes", "Augmentation",
                  "Time", "Options", "Model and machine"}));
  for (const char* part :
       {"even <i>", "Confusion", "precision", "Mistakes", "%"}) {
    EXPECT_TRUE(mentions(facts["text"], part)) << part;
  }
}

TEST(SampleHistory, ShowsEightEpochsEvenlyChosen) {
  apps::SampleHistory history;
  const auto epochs = [&] {
    const std::string table = history.table("", {"", ""});
    std::string found;
    for (std::size_t at = table.find("epoch "); at != std::string::npos;
         at = table.find("epoch ", at + 1)) {
      found += table.substr(at + 6, table.find('<', at) - at - 6) + " ";
    }
    return found;
  };
  EXPECT_EQ(history.table("", {""}), "");
  for (int epoch = 1; epoch <= 100; ++epoch) {
    history.add(epoch, {{"right", "a"}, {"wrong", "b"}});
    if (epoch == 6) {
      EXPECT_EQ(epochs(), "1 2 3 4 5 6 ");
    }
    if (epoch == 7) {
      EXPECT_EQ(epochs(), "1 2 4 6 7 ");
    }
    if (epoch == 13) {
      EXPECT_EQ(epochs(), "1 2 4 6 8 10 12 13 ");
    }
  }
  EXPECT_EQ(epochs(), "1 16 32 48 64 80 96 100 ");
  const std::string page = history.table("", {"", ""});
  EXPECT_NE(page.find("class=\"wrong\">b</td>"), std::string::npos);

  history = {};
  history.restore(page, 64);
  EXPECT_EQ(epochs(), "1 16 32 48 64 ");
  history.add(65, {{"right", "a"}, {"wrong", "b"}});
  EXPECT_EQ(epochs(), "1 16 32 48 64 65 ");
  history.restore("<td data-epoch=\"2\" data-sample=\"x\"><td data-epoch=\"",
                  9);
  EXPECT_EQ(epochs(), "1 16 32 48 64 65 ");
}

}  // namespace
}  // namespace lathe
