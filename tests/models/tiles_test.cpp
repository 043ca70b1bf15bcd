// Images put together from tiles are what one tile of everything would be, and
// show no seam; models take other sizes; flips are flipped back.

#include "models/tiles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/flatten.h"
#include "layers/input.h"
#include "models/flips.h"
#include "models/model_size.h"
#include "models/unet.h"
#include "tests/support/compare.h"
#include "tests/support/draws.h"
#include "tests/support/random.h"

namespace lathe::models {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

using Function = std::function<Tensor(const Tensor&)>;

// What predict_tiles makes of an image (H, W, 3) by `predict`: (H, W, C). The
// rows of pixels that it hands on must be the image's.
Tensor tiled(const Tensor& image, const TileOptions& options,
             const Function& predict) {
  const Shape& shape = image.shape();
  std::int64_t read = 0;
  std::int64_t written = 0;
  Tensor result;
  predict_tiles(
      {.size = {.height = shape[0], .width = shape[1]},
       .read_row =
           [&](std::span<std::uint8_t> row) {
             std::ranges::copy(image.rows(read++, 1).values<std::uint8_t>(),
                               row.begin());
           },
       .predict = predict,
       .write_rows =
           [&](const Tensor& pixels, const Tensor& values) {
             const std::int64_t rows = pixels.shape()[0];
             testing::expect_identical(pixels, image.rows(written, rows));
             if (result.empty()) {
               result = Tensor({shape[0], shape[1], values.shape()[2]});
             }
             result.rows(written, rows).copy_from(values);
             written += rows;
           }},
      options);
  EXPECT_EQ(read, shape[0]);
  EXPECT_EQ(written, shape[0]);
  return result;
}

// Two values a pixel that follow from its colour alone.
Tensor by_colour(const Tensor& tiles) {
  const Shape& shape = tiles.shape();
  Tensor result({shape[0], shape[1], shape[2], 2});
  const auto* pixel = tiles.data<std::uint8_t>();
  float* value = result.data<float>();
  for (std::int64_t i = 0; i < shape.elements() / 3; ++i, pixel += 3) {
    *value++ = static_cast<float>(pixel[0] + 2 * pixel[1]) / 765;
    *value++ = static_cast<float>(pixel[2]) / 255;
  }
  return result;
}

// The largest step from a pixel (H, W, 1) to the one on its right or below it,
// `margin` pixels away from the borders.
float largest_step(const Tensor& image, std::int64_t margin) {
  const std::int64_t height = image.shape()[0];
  const std::int64_t width = image.shape()[1];
  float largest = 0;
  for (std::int64_t y = margin; y + 1 < height - margin; ++y) {
    for (std::int64_t x = margin; x + 1 < width - margin; ++x) {
      const float* value = image.data<float>() + y * width + x;
      largest = std::max({largest, std::abs(value[1] - value[0]),
                          std::abs(value[width] - value[0])});
    }
  }
  return largest;
}

TEST(TileAxis, CoversAnAxisWithWeightsThatAddUpToOne) {
  constexpr std::uint64_t kSeed = 21;
  testing::Draws draws(kSeed);
  for (int round = 0; round < 300; ++round) {
    const std::int64_t side = draws.between(1, 40);
    const std::int64_t overlap = draws.between(0, side - 1);
    const std::int64_t length = draws.between(1, 300);
    SCOPED_TRACE(concat("seed ", kSeed, ", round ", round, ": ", length,
                        " by tiles of ", side, " that share ", overlap));
    const TileAxis axis = tile_axis(length, side, overlap);
    const auto tiles = static_cast<std::int64_t>(axis.begins.size());
    const std::int64_t needed =
        length <= side
            ? 1
            : 1 + (length - side + side - overlap - 1) / (side - overlap);
    ASSERT_EQ(tiles, needed);
    ASSERT_EQ(axis.begins.front(), 0);
    ASSERT_EQ(axis.begins.back(), std::max<std::int64_t>(length - side, 0));
    std::vector<double> totals(static_cast<std::size_t>(length));
    for (std::int64_t i = 0; i < tiles; ++i) {
      const std::int64_t begin = axis.begins.at(i);
      if (i > 0) {
        ASSERT_GE(axis.begins.at(i - 1) + side - begin, overlap);
      }
      for (std::int64_t p = 0; p < side && begin + p < length; ++p) {
        totals.at(begin + p) += axis.weights.at(i * side + p);
      }
    }
    // A rounding a tile that has the pixel, of which there are at most 40.
    for (const double total : totals) ASSERT_NEAR(total, 1, 3e-6);
  }
}

TEST(TileAxis, RefusesToShareEverything) {
  for (const std::int64_t overlap : {-1, 16, 20}) {
    EXPECT_THAT([&] { tile_axis(100, 16, overlap); },
                ThrowsMessage<Error>(HasSubstr("can't overlap")));
  }
}

TEST(PredictTiles, IsTheWholeImageWhereTilesAgree) {
  constexpr std::uint64_t kSeed = 22;
  testing::Draws draws(kSeed);
  for (int round = 0; round < 60; ++round) {
    const TileOptions options{
        .size = {.height = draws.between(1, 24), .width = draws.between(1, 24)},
        .overlap = draws.between(0, 23),
        .batch = draws.between(1, 5)};
    if (options.overlap >= std::min(options.size.height, options.size.width)) {
      continue;
    }
    const Tensor image = testing::random_integers(
        {draws.between(1, 70), draws.between(1, 70), 3}, DType::uint8,
        static_cast<std::uint64_t>(round), 256);
    const Shape& shape = image.shape();
    SCOPED_TRACE(concat("seed ", kSeed, ", round ", round, ": ", shape, " by ",
                        options.size.height, " x ", options.size.width,
                        " that share ", options.overlap));
    const Tensor expected =
        by_colour(image.reshaped({1, shape[0], shape[1], 3}));
    // Values up to 1; roundings of up to 576 tiles that have a pixel mostly
    // cancel.
    testing::expect_close(tiled(image, options, by_colour),
                          expected.reshaped({shape[0], shape[1], 2}), 0, 1e-5);
  }
}

// The worst that can be: each tile says something else.
TEST(PredictTiles, StepsAreNoLargerThanTheOverlapMakesThem) {
  const Tensor image({96, 128, 3}, DType::uint8);
  for (const std::int64_t overlap : {0, 4, 15}) {
    float tile = 0;
    const Tensor result =
        tiled(image, {.size = {.height = 32, .width = 32}, .overlap = overlap},
              [&](const Tensor& tiles) {
                Tensor values({tiles.shape()[0], 32, 32, 1});
                for (std::int64_t i = 0; i < tiles.shape()[0]; ++i) {
                  std::ranges::fill(values.rows(i, 1).values<float>(),
                                    std::fmod(tile++, 2.0F));
                }
                return values;
              });
    const auto shared = static_cast<float>(overlap + 1);
    EXPECT_LE(largest_step(result, 0), 1 / shared + 1e-6) << overlap;
    EXPECT_GT(largest_step(result, 0), 0.5 / shared) << overlap;
  }
}

// A network that takes zeros for what is outside of its tile is wrong at the
// tile's edges: a seam is a step that a picture predicted as a whole has not.
TEST(PredictTiles, ANetworksEdgesDontShow) {
  constexpr std::int64_t kHeight = 200;
  constexpr std::int64_t kWidth = 220;
  const layers::Symbol input = layers::Input({.shape = {64, 64, 3}});
  const Model model(input,
                    layers::Conv2D({.filters = 1,
                                    .kernel_size = 5,
                                    .padding = layers::Padding::same})(input));
  std::ranges::fill(model.weights().at(0).tensor.values<float>(), 1.0F / 75);
  const Tensor image({kHeight, kWidth, 3}, DType::uint8);
  std::int64_t place = 0;
  for (std::uint8_t& value : image.values<std::uint8_t>()) {
    const auto pixel = static_cast<double>(place++ / 3);
    value =
        static_cast<std::uint8_t>(128 + 40 * std::sin(pixel / kWidth / 6) +
                                  20 * std::sin(std::fmod(pixel, kWidth) / 6));
  }
  const Tensor whole = at_size(model, {.height = kHeight, .width = kWidth})
                           .predict(image.reshaped({1, kHeight, kWidth, 3}))
                           .reshaped({kHeight, kWidth, 1});
  const auto seam = [&](std::int64_t overlap) {
    const Tensor result =
        tiled(image, {.size = {.height = 64, .width = 64}, .overlap = overlap},
              [&](const Tensor& tiles) { return model.predict(tiles); });
    const float* expected = whole.data<float>();
    for (float& value : result.values<float>()) value -= *expected++;
    return largest_step(result, 0);
  };
  const float own = largest_step(whole, 3);
  EXPECT_GT(seam(0), 5 * own);
  EXPECT_LT(seam(32), own);
}

TEST(PredictTiles, RefusesAnotherSize) {
  const Tensor image({40, 40, 3}, DType::uint8);
  EXPECT_THAT(
      [&] {
        tiled(image, {.size = {.height = 16, .width = 16}, .overlap = 4},
              [](const Tensor& tiles) {
                return Tensor({tiles.shape()[0], 8, 8, 1});
              });
      },
      ThrowsMessage<Error>(HasSubstr("(3, 16, 16, 3) became (3, 8, 8, 1)")));
}

TEST(ModelSize, TakesImagesOfAnotherSizeWithTheSameWeights) {
  Model model =
      unet({.size = {.height = 32, .width = 32}, .classes = 3, .filters = {8}});
  model.initialize(5);
  model.set_class_names({"a", "b", "c"});
  const Model larger = at_size(model, {.height = 48, .width = 64});
  EXPECT_EQ(larger.input_shape(), (Shape{-1, 48, 64, 3}));
  EXPECT_EQ(larger.output_shape(), (Shape{-1, 48, 64, 3}));
  EXPECT_EQ(larger.class_names(), model.class_names());
  Model expected =
      unet({.size = {.height = 48, .width = 64}, .classes = 3, .filters = {8}});
  expected.copy_weights_from(model);
  const Tensor images =
      testing::random_integers({2, 48, 64, 3}, DType::uint8, 6, 256);
  testing::expect_identical(larger.predict(images), expected.predict(images));
}

TEST(ModelSize, SaysWhichLayerDoesNotAllowIt) {
  const layers::Symbol input = layers::Input({.shape = {8, 8, 3}});
  const Model dense(input,
                    layers::Dense({.units = 2})(layers::Flatten()(input)));
  EXPECT_THAT([&] { at_size(dense, {.height = 16, .width = 8}); },
              ThrowsMessage<Error>(HasSubstr("kernel")));
  const layers::Symbol outside = layers::Input({.shape = {8, 8, 3}});
  const Model nested(outside, dense(outside));
  EXPECT_THAT([&] { at_size(nested, {.height = 16, .width = 8}); },
              ThrowsMessage<Error>(HasSubstr("takes (-1, 8, 8, 3)")));
}

TEST(Flips, MirrorRowsAndColumns) {
  const Tensor image = Tensor::from<float>({1, 2, 3, 1}, {1, 2, 3, 4, 5, 6});
  const auto values = [&](bool horizontally, bool vertically) {
    const Tensor result = flipped(image, horizontally, vertically);
    const auto span = result.values<float>();
    return std::vector<float>(span.begin(), span.end());
  };
  using Values = std::vector<float>;
  EXPECT_EQ(values(false, false), (Values{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(values(true, false), (Values{3, 2, 1, 6, 5, 4}));
  EXPECT_EQ(values(false, true), (Values{4, 5, 6, 1, 2, 3}));
  EXPECT_EQ(values(true, true), (Values{6, 5, 4, 3, 2, 1}));
}

TEST(Flips, AreTheMeanOfAModelsFlippedAnswers) {
  const layers::Symbol input = layers::Input({.shape = {6, 5, 3}});
  const Model model(input,
                    layers::Conv2D({.filters = 2,
                                    .kernel_size = 3,
                                    .padding = layers::Padding::same})(input));
  const Tensor images =
      testing::random_integers({3, 6, 5, 3}, DType::uint8, 7, 256);
  const auto predict = [&](const Tensor& some) { return model.predict(some); };
  Tensor expected({3, 6, 5, 2});
  for (const bool vertically : {false, true}) {
    for (const bool horizontally : {false, true}) {
      const Tensor one =
          flipped(model.predict(flipped(images, horizontally, vertically)),
                  horizontally, vertically);
      for (std::int64_t i = 0; i < one.elements(); ++i) {
        expected.data<float>()[i] += one.data<float>()[i] / 4;
      }
    }
  }
  const Tensor mean = predict_flips(images, predict);
  testing::expect_close(mean, expected, 1e-6, 1e-6);
  // So the mean of a flipped image is that mean flipped: the model alone is not
  // like that.
  testing::expect_close(predict_flips(flipped(images, true, false), predict),
                        flipped(mean, true, false), 1e-6, 1e-6);
}

}  // namespace
}  // namespace lathe::models
