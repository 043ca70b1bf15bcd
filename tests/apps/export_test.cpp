// What export_onnx and export_weights do for a user; the files themselves are
// read by others in tests/models.

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "models/convnet.h"
#include "models/keras_file.h"
#include "models/load_weights.h"
#include "tests/apps/run_app.h"
#include "tests/support/temporary_folder.h"

namespace lathe {
namespace {

namespace fs = std::filesystem;
using testing::expect_mentions;
using testing::run;

class Export : public ::testing::Test {
 protected:
  Export() {
    models::save(models::convnet({.size = {8, 8}, .classes = 3}),
                 folder_ / "model.keras");
  }
  std::string path(const std::string& name) const {
    return (folder_ / name).string();
  }

  testing::TemporaryFolder folder_;
};

TEST_F(Export, WritesOnnxAndSaysWhatItTakes) {
  const std::string options =
      " --model " + path("model.keras") + " --output " + path("model.onnx");
  expect_mentions(run("export_onnx" + options), 0,
                  {"model.onnx: from input", "(N, 8, 8, 3) to ", "(N, 3)",
                   "pixels of 0 to 255 times 1"});
  EXPECT_GT(fs::file_size(folder_ / "model.onnx"), 100000U);
  expect_mentions(run("export_onnx --model " + path("model.keras")), 2,
                  {"--output"});
  expect_mentions(run("export_onnx --output a.onnx --model " + path("none")), 2,
                  {"none"});
  testing::write_bytes(folder_ / "bad.keras", "bad");
  expect_mentions(run("export_onnx --output " + path("a.onnx") + " --model " +
                      path("bad.keras")),
                  1, {"bad.keras"});
  EXPECT_FALSE(fs::exists(folder_ / "a.onnx"));
  expect_mentions(run("export_onnx --output " + path("none/a.onnx") +
                      " --model " + path("model.keras")),
                  1, {"none/a.onnx"});
}

TEST_F(Export, WritesWeightsThatTrainingBeginsWith) {
  const auto trained = [&](const std::string& name, const std::string& init) {
    expect_mentions(
        run("train_segmentation --scenes 8 --size 16 --batch 4 --epochs 1 "
            "--checkpoint model.keras --output " +
            path(name) + init),
        0, {"Saved"});
    return testing::losses(path(name));
  };
  const std::string anew = trained("first", "");
  const std::string model = path("first/model.keras");
  const std::string weights = path("w.safetensors");
  expect_mentions(
      run("export_weights --model " + model + " --output " + weights), 0,
      {"w.safetensors: ", " weights, ", " parameters"});
  const std::string on = trained("second", " --init " + model);
  EXPECT_NE(on, anew);
  EXPECT_EQ(trained("third", " --init " + weights), on);
  expect_mentions(
      run("export_weights --model " + model + " --output " + path("w.npz")), 1,
      {"w.npz", ".safetensors"});
  const std::string others = path("others.safetensors");
  expect_mentions(run("export_weights --model " + path("model.keras") +
                      " --output " + others),
                  0, {"others.safetensors"});
  expect_mentions(
      run("train_segmentation --scenes 8 --size 16 --init " + others +
          " --output " + path("fourth")),
      1,
      {"others.safetensors: layer 'conv2d' (Conv2D) has the weights "
       "bias, kernel in the model and kernel in the file"});
}

}  // namespace
}  // namespace lathe
