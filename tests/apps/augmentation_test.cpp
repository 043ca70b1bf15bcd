// Augmentations of both training programs: as a list or as a file, in the step
// or in the loader, a run is the same.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "core/error.h"
#include "core/image/write_image.h"
#include "tests/apps/run_app.h"
#include "tests/support/temporary_folder.h"
#include "train/data/scenes.h"

namespace lathe {
namespace {

namespace fs = std::filesystem;
using testing::expect_mentions;

// Eight scenes in two folders, and by class.
class Augmented : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    for (std::uint32_t i = 0; i < 8; ++i) {
      const Tensor image({32, 32, 3}, DType::uint8);
      const Tensor mask({32, 32, 1}, DType::uint8);
      train::draw_scene(1, i, image, mask);
      for (const std::string folder :
           {"images/", "masks/", i < 4 ? "classes/a/" : "classes/b/"}) {
        fs::create_directories(path(folder));
        image::write_png(path(concat(folder, i, ".png")),
                         folder == "masks/" ? mask : image);
      }
    }
  }
  fs::path path(const std::string& name) const { return folder_.path() / name; }
  std::string quoted(const std::string& name) const {
    return concat("'", path(name).string(), "' ");
  }

  // What the program loses; in the folder "run" is what it wrote.
  std::string losses(const std::string& options) const {
    fs::remove_all(path("run"));
    const std::string data =
        GetParam() == "train_classifier"
            ? "--model convnet --data " + quoted("classes")
            : "--images " + quoted("images") + "--masks " + quoted("masks");
    expect_mentions(
        testing::run(GetParam() +
                     " --size 32 --batch 3 --epochs 1 --seed 4 --output " +
                     quoted("run") + data + options),
        0, {"Saved"});
    return testing::losses(path("run"));
  }
  // Of its run.json.
  nlohmann::json operations() const {
    nlohmann::json run;
    std::ifstream(path("run/run.json")) >> run;
    return run.at("operations");
  }

  testing::TemporaryFolder folder_;
};

const std::string kNewer =
    "'resized_crop,one_of(rotation=0.2,elastic,p=0.8),color_jitter=0.3,"
    "randaugment,gaussian_blur,erasing(noise=true,p=0.7)'";

TEST_P(Augmented, RunsTheSame) {
  const std::string step = losses("--augment " + kNewer);
  // Two steps, or the comparison says nothing.
  ASSERT_NE(step.find("\n2,1,"), std::string::npos) << step;
  const nlohmann::json kept = operations();
  EXPECT_EQ(kept.size(), 6U);
  EXPECT_EQ(losses("--augment-at loader --augment " + kNewer), step);
  std::ofstream(path("kept.json")) << kept;
  EXPECT_EQ(losses("--augment " + quoted("kept.json")), step);
  EXPECT_EQ(operations(), kept);
  EXPECT_NE(losses("--augment-at none"), step);
}

INSTANTIATE_TEST_SUITE_P(Programs, Augmented,
                         ::testing::Values("train_segmentation",
                                           "train_classifier"),
                         [](const auto& of) { return of.param; });

}  // namespace
}  // namespace lathe
