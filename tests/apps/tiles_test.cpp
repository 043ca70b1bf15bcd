// Runs predict --tile as a user would, with a model whose masks follow from
// colours alone, so that they are known.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>

#include "core/error.h"
#include "core/image/png_writer.h"
#include "core/image/read_image.h"
#include "core/image/write_image.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/global_average_pooling2d.h"
#include "layers/input.h"
#include "models/keras_file.h"
#include "models/unet.h"
#include "tests/apps/run_app.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"
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

class Tiles : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(photos());
    save_model(layers::ActivationFunction::sigmoid);
  }

  // For 32 x 32 images: red above green is the object, and it takes ten levels
  // to be rather sure.
  void save_model(layers::ActivationFunction activation) const {
    const layers::Symbol input = layers::Input({.shape = {32, 32, 3}});
    const models::Model model(
        input,
        layers::Conv2D(
            {.filters = 1, .kernel_size = 1, .activation = activation})(input));
    std::ranges::copy(std::vector<float>{25.5F, -25.5F, 0},
                      model.weights().at(0).tensor.values<float>().begin());
    models::save(model, folder_ / "model.keras");
  }
  static double probability(const std::uint8_t* pixel) {
    return 1 / (1 + std::exp(-0.1 * (pixel[0] - pixel[1])));
  }

  fs::path photos() const { return folder_ / "photos"; }
  fs::path masks() const { return folder_ / "masks"; }
  Result predict(const fs::path& input, const std::string& options) const {
    return run(concat("predict --model '", (folder_ / "model.keras").string(),
                      "' --input '", input.string(), "' --output '",
                      masks().string(), "' ", options));
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(masks())) {
      names.push_back(entry.path().filename());
    }
    std::ranges::sort(names);
    return names;
  }

  // That a mask and its probabilities are those of the photograph.
  void expect_masked(const fs::path& photograph) const {
    SCOPED_TRACE(photograph.filename());
    const Tensor image = image::read_image(photograph);
    const Shape& shape = image.shape();
    const std::string stem = photograph.stem().string();
    const Tensor mask = image::read_mask(masks() / (stem + ".png"));
    const Tensor levels =
        image::read_mask(masks() / (stem + "_probability.png"));
    ASSERT_EQ(mask.shape(), (Shape{shape[0], shape[1], 1}));
    ASSERT_EQ(levels.shape(), mask.shape());
    std::int64_t wrong = 0;
    for (std::int64_t i = 0; i < mask.elements(); ++i) {
      const double expected = probability(image.data<std::uint8_t>() + 3 * i);
      const int level = levels.data<std::uint8_t>()[i];
      const bool masked = mask.data<std::uint8_t>()[i] == 255;
      // Half a level of rounding; what is even is never seen as the object.
      if (std::abs(level - 255 * expected) > 0.51) ++wrong;
      if (std::abs(expected - 0.5) > 1e-6 && masked != (expected > 0.5)) {
        ++wrong;
      }
    }
    EXPECT_EQ(wrong, 0);
  }

  TemporaryFolder folder_;
};

TEST_F(Tiles, PredictPhotographsOfAnySizeAsTheyAre) {
  const std::pair<std::int64_t, std::int64_t> sizes[] = {
      {150, 211}, {32, 32}, {33, 100}, {7, 90}, {90, 1}, {5, 6}};
  for (const auto& [height, width] : sizes) {
    image::write_png(
        photos() / concat("photo ", height, " x ", width, ".png"),
        testing::random_integers({height, width, 3}, DType::uint8, 1, 256));
  }
  for (const char* options : {"--tile 32 --overlap 8", "--overlap 0 --batch 3",
                              "--tile 20 --overlap "
                              "13 --tta flips"}) {
    SCOPED_TRACE(options);
    expect_mentions(
        predict(photos(), concat(options, " --probabilities --overlay")), 0,
        {"6 masks", "megapixels/s"});
    for (const auto& entry : fs::directory_iterator(photos())) {
      expect_masked(entry.path());
    }
    EXPECT_EQ(files().size(), 18);
  }
}

TEST_F(Tiles, ReadEveryKindOfPicture) {
  std::int64_t count = 0;
  for (const auto& entry : fs::directory_iterator(LATHE_IMAGE_FILES)) {
    // Their endings differ alone.
    std::string name = entry.path().filename();
    std::replace(name.begin(), name.end() - 4, '.', '_');
    fs::copy(entry.path(), photos() / concat(++count, name));
  }
  // As telephones write them: to be turned by a quarter.
  std::string jpeg = read_bytes(fs::path(LATHE_IMAGE_FILES) / "baseline.jpg");
  const std::string exif(
      "\xFF\xE1\x00\x22"
      "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0",
      36);
  write_bytes(photos() / "turned.jpg", jpeg.insert(2, exif));
  expect_mentions(predict(photos(), "--overlap 8 --probabilities"), 0,
                  {" masks"});
  for (const auto& entry : fs::directory_iterator(photos())) {
    expect_masked(entry.path());
  }
}

TEST_F(Tiles, MakeProbabilitiesOfLogits) {
  save_model(layers::ActivationFunction::linear);
  image::write_png(photos() / "photo.png",
                   testing::random_integers({50, 60, 3}, DType::uint8, 2, 256));
  for (const char* options : {"", "--tta flips"}) {
    expect_mentions(
        predict(photos(), concat("--overlap 8 --probabilities ", options)), 0,
        {"1 masks"});
    expect_masked(photos() / "photo.png");
  }
  // A photograph of the model's size is resized to itself.
  fs::remove(photos() / "photo.png");
  image::write_png(photos() / "small.png",
                   testing::random_integers({32, 32, 3}, DType::uint8, 2, 256));
  expect_mentions(predict(photos(), "--tta flips --probabilities"), 0,
                  {"1 masks"});
  expect_masked(photos() / "small.png");
}

TEST_F(Tiles, TellSeveralClassesApart) {
  models::Model model = models::unet(
      {.size = {.height = 32, .width = 32}, .classes = 3, .filters = {8}});
  model.initialize(3);
  models::save(model, folder_ / "model.keras");
  const Tensor image =
      testing::random_integers({32, 32, 3}, DType::uint8, 4, 256);
  image::write_png(photos() / "photo.png", image);
  // One tile is the whole photograph.
  expect_mentions(predict(photos(), ""), 0, {"1 masks"});
  const std::string whole = read_bytes(masks() / "photo.png");
  expect_mentions(predict(photos(), "--overlap 8 --overlay"), 0, {"1 masks"});
  EXPECT_EQ(read_bytes(masks() / "photo.png"), whole);
  expect_mentions(predict(photos(), "--tile 48 --overlap 8"), 0, {"1 masks"});
  EXPECT_EQ(image::read_mask(masks() / "photo.png").shape(),
            (Shape{32, 32, 1}));
}

TEST_F(Tiles, LeaveNoHalfMaskOfWhatIsCutShort) {
  const fs::path photo = photos() / "photo.png";
  image::write_png(
      photo, testing::random_integers({400, 300, 3}, DType::uint8, 5, 256));
  const std::string whole = read_bytes(photo);
  write_bytes(photo, whole.substr(0, whole.size() - whole.size() / 4));
  const std::string options = "--overlap 8 --overlay --probabilities";
  expect_mentions(predict(photo, options), 1,
                  {"photo.png", "truncated or damaged"});
  EXPECT_TRUE(files().empty());
  // Nor of one that was good.
  write_bytes(photo, whole);
  expect_mentions(predict(photo, options), 0, {"1 masks"});
  const std::string mask = read_bytes(masks() / "photo.png");
  write_bytes(photo, whole.substr(0, whole.size() / 2));
  expect_mentions(predict(photo, options), 1, {"photo.png"});
  EXPECT_EQ(read_bytes(masks() / "photo.png"), mask);
  EXPECT_EQ(files().size(), 3);
}

// Memory follows from a photograph's width, not from its height.
TEST_F(Tiles, TakeBoundedMemory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers keep memory that was freed";
#endif
  constexpr std::int64_t kWidth = 20000;
  const auto peak = [&](std::int64_t height) {
    const fs::path photo = photos() / "wide.png";
    image::PngWriter writer(photo, height, kWidth, 3);
    std::vector<std::uint8_t> row(static_cast<std::size_t>(3 * kWidth));
    for (std::int64_t y = 0; y < height; ++y) {
      std::ranges::fill(row, static_cast<std::uint8_t>(y / 16));
      writer.write(row);
    }
    writer.finish();
    const Result result = predict(photo, "--tile 224 --overlap 32 --overlay");
    expect_mentions(result, 0, {"1 masks"});
    return result.peak_bytes;
  };
  const std::int64_t low = peak(300);
  const std::int64_t high = peak(1500);
  // The larger image has 72 MB more.
  EXPECT_LT(high, low + (std::int64_t{16} << 20));
  // Strips of 224 rows: 13 MB of pixels, 18 MB of probabilities; a batch; the
  // program itself.
  EXPECT_LT(high, std::int64_t{300} << 20);
}

TEST_F(Tiles, SayWhatTheyCantBe) {
  const Tensor image({40, 40, 3}, DType::uint8);
  image::write_png(photos() / "photo.png", image);
  expect_mentions(predict(photos(), "--tile 16 --overlap 16"), 1,
                  {"--overlap 16", "tiles of 16"});
  expect_mentions(predict(photos(), "--tile 0"), 2, {"--tile"});
  expect_mentions(predict(photos(), "--tta turns"), 2, {"--tta"});
  models::save(
      models::unet({.size = {.height = 32, .width = 32}, .filters = {8}}),
      folder_ / "model.keras");
  expect_mentions(predict(photos(), "--tile 50"), 1,
                  {"--tile 50", "model.keras", "made for 32 x 32",
                   "its masks are then 52 x 52"});
  const layers::Symbol input = layers::Input({.shape = {32, 32, 3}});
  models::save(
      models::Model(input, layers::Dense({.units = 2})(
                               layers::GlobalAveragePooling2D()(input))),
      folder_ / "model.keras");
  expect_mentions(predict(photos(), "--tile 64"), 1,
                  {"--tile and --overlap are for models of masks"});
  expect_mentions(predict(photos(), "--tta flips"), 0, {"1 rows"});
}

}  // namespace
}  // namespace lathe
