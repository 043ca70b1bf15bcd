#include <gtest/gtest.h>

#include <random>

#include "augment/layer.h"
#include "augment/parse.h"
#include "core/compiler/executable.h"
#include "core/graph/passes/passes.h"
#include "layers/input.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"
#include "train/extended_model.h"

namespace lathe::train {
namespace {

using augment::Augmentation;
using augment::Pipeline;

constexpr std::int64_t kSamples = 5;
const Shape kShape{kSamples, 19, 23, 3};

// Bytes, and what their draws depend on.
struct Drawn {
  Tensor images = Tensor(kShape, DType::uint8);
  std::uint64_t seed = std::random_device{}();
  std::uint32_t epoch = 0;
  std::vector<std::uint32_t> ids;
};

Drawn drawn() {
  Drawn result;
  Philox random({.seed = result.seed});
  for (std::uint8_t& value : result.images.values<std::uint8_t>()) {
    value = static_cast<std::uint8_t>(random.below(256));
  }
  result.epoch = random.below(1000);
  for (std::int64_t n = 0; n < kSamples; ++n) {
    result.ids.push_back(random.next());
  }
  return result;
}

// The step: the whole batch, bytes to floats.
Tensor in_step(const Pipeline& pipeline, const Drawn& given, float scale) {
  Tensor output(kShape);
  pipeline.apply(
      {.images = given.images, .masks = {}},
      {.seed = given.seed, .epoch = given.epoch, .sample_ids = given.ids},
      {.images = output, .masks = {}, .scale = scale});
  return output;
}

// The loader: a sample and its mask at a time.
Tensor in_loader(const Pipeline& pipeline, const Drawn& given, float scale) {
  const SampleTransform transform =
      ExtendedModel::in_loader(pipeline, given.seed, scale);
  const Shape sample{kShape[1], kShape[2], kShape[3]};
  Tensor output(kShape);
  for (std::int64_t n = 0; n < kSamples; ++n) {
    const Tensor mask({kShape[1], kShape[2], 1}, DType::uint8);
    transform(given.images.rows(n, 1).reshaped(sample), mask,
              given.ids[static_cast<std::size_t>(n)], given.epoch,
              output.rows(n, 1).reshaped(sample));
  }
  return output;
}

// The model: its first layers, on images that reach it as floats.
Tensor in_model(const Pipeline& pipeline, const Drawn& given, float scale) {
  const layers::Symbol input =
      layers::Input({.shape = {kShape[1], kShape[2], kShape[3]}});
  layers::Symbol x = input;
  for (const Augmentation& operation : pipeline.augmentations()) {
    x = augment::layer(operation, {.value_range = {0, 255 * scale}})(x);
  }
  models::LoweredModel lowered =
      models::Model(input, x).lower({.batch = kSamples, .training = true});
  lowered.graph.mark_output("images", lowered.outputs[0]);
  graph::run_passes(lowered.graph, graph::forward_passes(), {});
  Executable executable(std::move(lowered.graph), std::move(lowered.bindings),
                        {});
  const Tensor images = executable.input(input.call()->layer->name());
  for (std::int64_t i = 0; i < images.elements(); ++i) {
    images.data<float>()[i] =
        static_cast<float>(given.images.data<std::uint8_t>()[i]) * scale;
  }
  const Tensor draw = executable.input("draw");
  draw.data<std::int64_t>()[0] = static_cast<std::int64_t>(given.seed);
  draw.data<std::int64_t>()[1] = given.epoch;
  for (std::size_t n = 0; n < given.ids.size(); ++n) {
    draw.data<std::int64_t>()[2 + n] = given.ids[n];
  }
  executable.run();
  return executable.output("images").clone();
}

class Places : public ::testing::TestWithParam<std::string> {};

// Where bytes reach the model as 0 to 255, every place computes the same sums
// of the same numbers: the same bits.
TEST_P(Places, AllThreeGiveTheSamePixels) {
  const Pipeline pipeline = augment::parse(GetParam());
  const Drawn given = drawn();
  SCOPED_TRACE(concat("seed ", given.seed));
  const Tensor step = in_step(pipeline, given, 1);
  testing::expect_identical(in_loader(pipeline, given, 1), step);
  testing::expect_identical(in_model(pipeline, given, 1), step);
}

// Elsewhere the model's images are scaled before they are resampled and not
// after: 1e-6 is some eight roundings of float32 below 1.
TEST_P(Places, ScalingFirstOnlyRoundsOtherwise) {
  const Pipeline pipeline = augment::parse(GetParam());
  const Drawn given = drawn();
  SCOPED_TRACE(concat("seed ", given.seed));
  const float scale = 1.0F / 255;
  const Tensor step = in_step(pipeline, given, scale);
  testing::expect_identical(in_loader(pipeline, given, scale), step);
  testing::expect_close(in_model(pipeline, given, scale), step, 0, 1e-6);
}

INSTANTIATE_TEST_SUITE_P(
    Pipelines, Places,
    ::testing::Values(
        "flip=horizontal,rotation=0.1,zoom=0.2", "flip,translation=0.3",
        "rotation(factor=0.3,fill_mode=constant,fill_value=0.5)",
        "rotation(factor=0.2,interpolation=nearest),zoom=0.2,flip",
        "zoom(height_factor=0.3,width_factor=0.2,fill_mode=wrap)",
        "rotation=0.1,brightness=0.3", "brightness=0.5,flip,zoom=0.1",
        "flip,zoom=0.2,contrast=0.5,brightness=0.2,contrast=0.9"));

// No Keras layers, so in two places.
TEST(FilterPlaces, LoaderAndStepGiveTheSamePixels) {
  const Pipeline pipeline = augment::parse(
      "rotation=0.1,gaussian_blur,sharpness,erasing(noise=true,p=1),equalize=1,"
      "brightness,clahe,motion_blur,gaussian_noise,salt_and_pepper,cutout,"
      "jpeg=80,grid_mask=0.5,autocontrast=1");
  const Drawn given = drawn();
  SCOPED_TRACE(concat("seed ", given.seed));
  testing::expect_identical(in_loader(pipeline, given, 1.0F / 255),
                            in_step(pipeline, given, 1.0F / 255));
}

}  // namespace
}  // namespace lathe::train
