#include "augment/pipeline.h"

#include <gtest/gtest.h>

#include <numeric>
#include <set>

#include "augment/parse.h"
#include "core/parallel.h"
#include "tests/support/compare.h"

namespace lathe::augment {
namespace {

using testing::expect_identical;

Pipeline everything(PipelineOptions options = {}) {
  return {
      {RandomFlip{}, RandomRotation{.factor = 0.2},
       RandomTranslation{.height_factor = 0.2},
       RandomZoom{.height_factor = 0.3}, RandomContrast{}, RandomBrightness{}},
      options};
}

Tensor bytes(const Shape& shape, std::uint32_t values) {
  Philox random({.seed = 9});
  Tensor tensor(shape, DType::uint8);
  for (std::uint8_t& value : tensor.values<std::uint8_t>()) {
    value = static_cast<std::uint8_t>(random.below(values));
  }
  return tensor;
}

Targets batch(std::int64_t samples) {
  return {.images = bytes({samples, 40, 52, 3}, 256),
          .masks = bytes({samples, 40, 52, 1}, 3)};
}

std::vector<std::uint32_t> ids(std::uint32_t count) {
  std::vector<std::uint32_t> ids(count);
  std::iota(ids.begin(), ids.end(), 100U);
  return ids;
}

Targets applied(const Pipeline& pipeline, const Targets& input,
                std::span<const std::uint32_t> sample_ids,
                DType dtype = DType::float32, std::uint32_t epoch = 4) {
  Targets output{.images = Tensor(input.images.shape(), dtype), .masks = {}};
  if (!input.masks.empty()) {
    output.masks = Tensor(input.masks.shape(), input.masks.dtype());
  }
  pipeline.apply(input, {.seed = 11, .epoch = epoch, .sample_ids = sample_ids},
                 {.images = output.images, .masks = output.masks});
  return output;
}

// As a loader's worker augments one sample, and a step the whole batch.
TEST(Pipeline, ASampleIsTheSameAloneInAnyBatchAndOnAnyThreads) {
  const Targets input = batch(5);
  const auto sample_ids = ids(5);
  const int threads = thread_count();
  for (const Fusion fusion : {Fusion::single, Fusion::exact}) {
    const Pipeline pipeline = everything({.fusion = fusion});
    const Targets whole = applied(pipeline, input, sample_ids);
    for (std::int64_t n = 0; n < 5; ++n) {
      set_thread_count(static_cast<int>(n) + 1);
      const Targets alone = applied(
          pipeline,
          {.images = input.images.rows(n, 1), .masks = input.masks.rows(n, 1)},
          {&sample_ids[static_cast<std::size_t>(n)], 1});
      expect_identical(alone.images, whole.images.rows(n, 1));
      expect_identical(alone.masks, whole.masks.rows(n, 1));
    }
    set_thread_count(threads);
  }
}

TEST(Pipeline, AWorkspaceChangesNothing) {
  const auto sample_ids = ids(5);
  for (const Fusion fusion : {Fusion::single, Fusion::exact}) {
    const Pipeline pipeline = everything({.fusion = fusion});
    Workspace workspace;
    for (const std::uint32_t count : {5U, 2U, 5U}) {
      const Targets input = batch(count);
      const std::span<const std::uint32_t> some =
          std::span(sample_ids).first(count);
      const Targets expected = applied(pipeline, input, some);
      const Targets output{.images = Tensor(input.images.shape()),
                           .masks = Tensor(input.masks.shape(), DType::uint8)};
      pipeline.apply(input, {.seed = 11, .epoch = 4, .sample_ids = some},
                     {.images = output.images, .masks = output.masks},
                     workspace);
      expect_identical(output.images, expected.images);
      expect_identical(output.masks, expected.masks);
    }
  }
}

TEST(Pipeline, SeedEpochSampleAndPositionCount) {
  const Pipeline pipeline = everything();
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    for (std::uint32_t epoch = 0; epoch < 3; ++epoch) {
      for (std::uint32_t sample = 0; sample < 3; ++sample) {
        seen.insert(pipeline.replay(seed, epoch, sample));
      }
    }
  }
  EXPECT_EQ(seen.size(), 27U);
  const Pipeline twice{RandomRotation{}, RandomRotation{}};
  const Tensor table({1, 2});
  const std::uint32_t id = 7;
  twice.draw({.seed = 1, .epoch = 0, .sample_ids = {&id, 1}}, table);
  EXPECT_NE(table.values<float>()[0], table.values<float>()[1]);
}

TEST(Pipeline, AddingAnOperationLeavesEarlierDrawsAlone) {
  const Pipeline one{RandomRotation{}};
  const Pipeline two{RandomRotation{}, RandomZoom{}};
  EXPECT_TRUE(two.replay(1, 2, 3).starts_with(one.replay(1, 2, 3) + "; zoom:"));
}

TEST(Pipeline, MasksNeverGetNewValues) {
  Targets input = batch(16);
  for (std::uint8_t& value : input.masks.values<std::uint8_t>()) {
    value = static_cast<std::uint8_t>(value == 0 ? 7 : 200);
  }
  const auto sample_ids = ids(16);
  for (const Fusion fusion : {Fusion::single, Fusion::exact}) {
    const Targets seen =
        applied(everything({.fusion = fusion}), input, sample_ids);
    for (const std::uint8_t value : seen.masks.values<std::uint8_t>()) {
      ASSERT_TRUE(value == 7 || value == 200) << int{value};
    }
  }
  const Pipeline filled{
      {RandomRotation{.factor = 0.5, .fill_mode = FillMode::constant}},
      {.mask_fill_value = 255}};
  const Targets seen = applied(filled, input, sample_ids);
  const auto values = seen.masks.values<std::uint8_t>();
  EXPECT_EQ(std::set<int>(values.begin(), values.end()),
            (std::set<int>{7, 200, 255}));
}

// Flips and quarter turns move whole pixels, so a mask that says where the
// image is bright still does.
TEST(Pipeline, MasksFollowTheImage) {
  Targets input{.images = bytes({16, 30, 30, 1}, 256),
                .masks = Tensor({16, 30, 30, 1}, DType::uint8)};
  const auto bright = [](float value) { return value > 0.5F ? 1 : 0; };
  for (std::int64_t i = 0; i < input.images.elements(); ++i) {
    input.masks.data<std::uint8_t>()[i] = static_cast<std::uint8_t>(
        bright(static_cast<float>(testing::element(input.images, i)) / 255));
  }
  const auto sample_ids = ids(16);
  for (const double turns : {0.0, 0.25, 0.5, -0.25}) {
    const Targets seen = applied(
        Pipeline{RandomFlip{}, RandomRotation{.factor = {turns, turns}}}, input,
        sample_ids);
    for (std::int64_t i = 0; i < seen.images.elements(); ++i) {
      ASSERT_EQ(bright(seen.images.data<float>()[i]),
                seen.masks.data<std::uint8_t>()[i])
          << turns << " turns, pixel " << i;
    }
  }
}

// The composed matrix must show what one operation after the other shows, but
// for what the further interpolations blur: each errs by at most an eighth of
// the second derivative in both directions, 2 * 0.25 * 0.105^2 / 8 = 7e-4 here,
// and there are four.
TEST(Pipeline, SingleAndExactShowTheSame) {
  const std::int64_t size = 64;
  Tensor image({1, size, size, 1});
  for (std::int64_t i = 0; i < image.elements(); ++i) {
    const auto x = static_cast<float>(i % size);
    const auto y = static_cast<float>(i / size);
    image.data<float>()[i] =
        0.5F + 0.25F * (std::sin(x * 0.105F) + std::cos(y * 0.105F));
  }
  for (std::uint32_t id = 0; id < 8; ++id) {
    SCOPED_TRACE(concat("sample ", id));
    const auto shown = [&](Fusion fusion) {
      return applied(Pipeline({RandomFlip{}, RandomRotation{.factor = 0.1},
                               RandomTranslation{.height_factor = 0.05},
                               RandomZoom{.height_factor = {-0.2, 0}}},
                              {.fusion = fusion}),
                     {.images = image, .masks = {}}, {&id, 1})
          .images;
    };
    const Tensor single = shown(Fusion::single);
    const Tensor exact = shown(Fusion::exact);
    for (std::int64_t y = 24; y < 40; ++y) {
      for (std::int64_t x = 24; x < 40; ++x) {
        EXPECT_NEAR(single.data<float>()[y * size + x],
                    exact.data<float>()[y * size + x], 3e-3);
      }
    }
  }
}

// Matrices, a warp and matrices again in one resample; see above.
TEST(Pipeline, AWarpIsPartOfTheOneResample) {
  const std::int64_t size = 64;
  Tensor image({1, size, size, 1});
  for (std::int64_t i = 0; i < image.elements(); ++i) {
    const auto x = static_cast<float>(i % size);
    const auto y = static_cast<float>(i / size);
    image.data<float>()[i] =
        0.5F + 0.25F * (std::sin(x * 0.105F) + std::cos(y * 0.105F));
  }
  for (const Augmentation& warp :
       {Augmentation(RandomElastic{.strength = 0.015}),
        Augmentation(RandomGridDistortion{}),
        Augmentation(RandomOpticalDistortion{})}) {
    const auto pipeline = [&](Fusion fusion) {
      return Pipeline({RandomRotation{.factor = 0.1}, warp, RandomFlip{},
                       RandomZoom{.height_factor = {-0.2, 0}}},
                      {.fusion = fusion});
    };
    EXPECT_NE(pipeline(Fusion::single).summary().find("in 1 pass "),
              std::string::npos);
    for (std::uint32_t id = 0; id < 3; ++id) {
      SCOPED_TRACE(concat(warp.name(), ", sample ", id));
      const auto shown = [&](Fusion fusion) {
        return applied(pipeline(fusion), {.images = image, .masks = {}},
                       {&id, 1})
            .images;
      };
      const Tensor single = shown(Fusion::single);
      const Tensor exact = shown(Fusion::exact);
      for (std::int64_t y = 24; y < 40; ++y) {
        for (std::int64_t x = 24; x < 40; ++x) {
          EXPECT_NEAR(single.data<float>()[y * size + x],
                      exact.data<float>()[y * size + x], 3e-3);
        }
      }
    }
  }
}

// Of geometric operations, up to four of those that keep squares square.
std::string random_geometry(Philox& random) {
  constexpr std::array kOperations{
      "flip",
      "turn(transpose=true)",
      "transpose",
      "rotation(factor=0.3,fill_mode=wrap)",
      "zoom(height_factor=0.5,interpolation=nearest)",
      "translation(height_factor=0.4,fill_mode=nearest)",
      "shear(x_factor=0.4,fill_mode=mirror)",
      "affine(shear=0.2,fill_mode=constant)",
      "perspective(scale=0.4,fill_mode=constant)",
      "elastic(strength=0.02,sigma=0.1)",
      "grid_distortion(steps=3)",
      "optical_distortion(fill_mode=constant)",
      "one_of(elastic,rotation,optical_distortion)",
      "resized_crop",
      "resized_crop(size=21)",
      "crop=25",
      "center_crop=27",
      "pad(size=40,fill_value=0.5)",
      "letterbox=30",
      "resize=35",
      "contrast",
  };
  std::string text;
  for (std::uint32_t i = random.below(4) + 1; i > 0; --i) {
    text += concat(text.empty() ? "" : ",",
                   kOperations[random.below(
                       static_cast<std::uint32_t>(kOperations.size()))]);
  }
  return text;
}

// The seed of each pipeline is its number.
TEST(Pipeline, RandomGeometryKeepsMaskValuesAndSamplesApart) {
  Targets input{.images = bytes({3, 31, 31, 3}, 256),
                .masks = bytes({3, 31, 31, 1}, 2)};
  for (std::uint8_t& value : input.masks.values<std::uint8_t>()) {
    value = static_cast<std::uint8_t>(value == 0 ? 7 : 200);
  }
  const auto sample_ids = ids(3);
  int made = 0;
  for (std::uint32_t number = 0; number < 150; ++number) {
    Philox random({.seed = 21, .sample = number});
    const std::string text = random_geometry(random);
    SCOPED_TRACE(concat("pipeline ", number, ": ", text));
    const Pipeline pipeline = parse(
        text, {.fusion = random.below(2) == 0 ? Fusion::single : Fusion::exact,
               .mask_fill_value = 255});
    const auto seen = [&](const Targets& from, std::int64_t samples,
                          std::span<const std::uint32_t> of) {
      const ImageSize size = pipeline.output_size({.height = 31, .width = 31});
      const Shape shape{samples, size.height, size.width, 3};
      const Targets output{
          .images = Tensor(shape),
          .masks = Tensor({samples, size.height, size.width, 1}, DType::uint8)};
      pipeline.apply(from, {.seed = 11, .epoch = 4, .sample_ids = of},
                     {.images = output.images, .masks = output.masks});
      return output;
    };
    // A window that is larger than what came before is refused.
    try {
      pipeline.output_size({.height = 31, .width = 31});
    } catch (const Error&) {
      continue;
    }
    ++made;
    const Targets whole = seen(input, 3, sample_ids);
    for (const std::uint8_t value : whole.masks.values<std::uint8_t>()) {
      ASSERT_TRUE(value == 7 || value == 200 || value == 255) << int{value};
    }
    for (std::int64_t n = 0; n < 3; ++n) {
      const Targets alone = seen(
          {.images = input.images.rows(n, 1), .masks = input.masks.rows(n, 1)},
          1, {&sample_ids[static_cast<std::size_t>(n)], 1});
      expect_identical(alone.images, whole.images.rows(n, 1));
      expect_identical(alone.masks, whole.masks.rows(n, 1));
    }
  }
  EXPECT_GT(made, 100);
}

// What follows on contrast must not change what its mean is of.
TEST(Pipeline, MeansAreOfWholeImages) {
  EXPECT_NE((Pipeline{RandomContrast{}, RandomCrop{}}).summary().find("2 pass"),
            std::string::npos);
  EXPECT_NE((Pipeline{RandomCrop{}, RandomContrast{}}).summary().find("1 pass"),
            std::string::npos);
}

TEST(Pipeline, ErrorsOfSeveralPassesReachTheCaller) {
  const Tensor images({2, 8, 8, 2}, DType::uint8);
  const Tensor output({2, 8, 8, 2});
  const auto sample_ids = ids(2);
  const Pipeline pipeline({RandomSaturation{}, RandomHue{}},
                          {.fusion = Fusion::exact});
  EXPECT_THROW(pipeline.apply({.images = images, .masks = {}},
                              {.seed = 0, .epoch = 0, .sample_ids = sample_ids},
                              {.images = output, .masks = {}}),
               Error);
}

TEST(Pipeline, SummariesCountBytes) {
  const std::string one = everything().summary({100, 200, 3});
  EXPECT_NE(one.find("60 kB read and 240 kB written a sample"),
            std::string::npos)
      << one;
  const Pipeline cropped({RandomRotation{}, RandomCrop{.size = {10, 20}}},
                         {.fusion = Fusion::exact});
  const std::string two = cropped.summary({100, 200, 3});
  EXPECT_NE(two.find("240 kB read and 2.4 kB written"), std::string::npos)
      << two;
  EXPECT_NE(two.find("  62.4 kB of memory a sample"), std::string::npos) << two;
}

TEST(Pipeline, OperationsThatReadPixelsAlikeShareAPass) {
  EXPECT_NE(everything().summary().find("6 operations in 1 pass "),
            std::string::npos);
  EXPECT_NE(everything({.fusion = Fusion::exact}).summary().find("in 6 passes"),
            std::string::npos);
  const Pipeline mixed{RandomFlip{},
                       RandomRotation{.fill_mode = FillMode::wrap},
                       RandomFlip{}, RandomZoom{}};
  EXPECT_NE(mixed.summary().find("1. flip, rotation, flip: images bilinear, "
                                 "masks nearest, beyond the border wrap"),
            std::string::npos)
      << mixed.summary();
  EXPECT_NE(mixed.summary().find("2. zoom"), std::string::npos);
}

TEST(Pipeline, NothingOnlyScales) {
  const Targets input = batch(2);
  const Targets seen = applied(Pipeline{}, input, ids(2));
  for (std::int64_t i = 0; i < input.images.elements(); ++i) {
    ASSERT_EQ(seen.images.data<float>()[i],
              static_cast<float>(input.images.data<std::uint8_t>()[i]) *
                  (1.0F / 255));
  }
  expect_identical(seen.masks, input.masks);
  EXPECT_EQ(Pipeline{}.replay(0, 0, 0), "nothing");
}

// Bytes are the floats rounded.
TEST(Pipeline, BytesCanComeOut) {
  const Targets input = batch(4);
  const Targets floats = applied(everything(), input, ids(4));
  const Targets rounded = applied(everything(), input, ids(4), DType::uint8);
  for (std::int64_t i = 0; i < input.images.elements(); ++i) {
    ASSERT_NEAR(rounded.images.data<std::uint8_t>()[i],
                floats.images.data<float>()[i] * 255, 0.5001);
  }
}

TEST(Pipeline, ReplayNamesEveryParameter) {
  EXPECT_EQ((Pipeline{RandomRotation{.factor = {0.25, 0.25}},
                      RandomZoom{.height_factor = {-0.5, -0.5}}})
                .replay(1, 2, 3),
            "rotation: degrees 90; zoom: height 0.5, width 0.5");
}

TEST(Pipeline, RefusesWhatDoesNotFit) {
  const Targets input = batch(2);
  const Tensor images(input.images.shape());
  const Tensor masks(input.masks.shape(), DType::uint8);
  const auto refuses = [&](const Targets& from, std::uint32_t count,
                           const Output& to) {
    const auto sample_ids = ids(count);
    EXPECT_THROW(
        everything().apply(
            from, {.seed = 0, .epoch = 0, .sample_ids = sample_ids}, to),
        Error);
  };
  refuses(input, 3, {.images = images, .masks = masks});
  refuses(input, 2, {.images = images, .masks = {}});
  refuses(input, 2, {.images = images, .masks = Tensor(masks.shape())});
  refuses(input, 2, {.images = Tensor({2, 40, 51, 3}), .masks = masks});
  refuses({.images = input.images, .masks = bytes({2, 20, 52, 1}, 2)}, 2,
          {.images = images, .masks = Tensor({2, 20, 52, 1}, DType::uint8)});
  refuses(input, 2, {.images = input.images, .masks = masks});
}

}  // namespace
}  // namespace lathe::augment
