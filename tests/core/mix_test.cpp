#include "core/augmentation/mix.h"

#include <gtest/gtest.h>

#include <random>

#include "core/error.h"
#include "tests/support/compare.h"

namespace lathe {
namespace {

struct Batch {
  MixBatch input;
  MixBatch output;
};

Batch batch_of(const Shape& images, DType masks, std::uint64_t seed) {
  Philox random({.seed = seed});
  Batch batch;
  batch.input.images = Tensor(images);
  for (float& value : batch.input.images.values<float>()) {
    value = random.uniform();
  }
  batch.output.images = Tensor(images);
  const Shape shape{images[0], images[1], images[2], 1};
  batch.input.masks = Tensor(shape, masks);
  batch.output.masks = Tensor(shape, masks);
  for (std::int64_t i = 0; i < shape.elements(); ++i) {
    const std::uint32_t id = random.below(5);
    if (masks == DType::uint8) {
      batch.input.masks.data<std::uint8_t>()[i] =
          static_cast<std::uint8_t>(id == 4 ? 255 : id);
    } else {
      batch.input.masks.data<float>()[i] = static_cast<float>(id);
    }
  }
  return batch;
}

// A step of every kind, as far as masks allow.
std::vector<MixStep> steps_of(std::int64_t height, std::int64_t width,
                              DType masks, Philox& random) {
  const auto partner = [&] {
    return static_cast<std::int32_t>(random.below(6));
  };
  const auto whole = [&](std::int64_t end) {
    return static_cast<float>(random.below(static_cast<std::uint32_t>(end)));
  };
  const float left = whole(width);
  const float top = whole(height);
  const float scale = random.uniform(1, 2);
  std::vector<MixStep> steps{
      {},
      {.kind = MixKind::mixup,
       .partners = {partner()},
       .numbers = {random.uniform()}},
      {.kind = MixKind::cutmix,
       .partners = {partner()},
       .numbers = {left, top, left + 1 + whole(width - static_cast<int>(left)),
                   top + 1 + whole(height - static_cast<int>(top))}},
      {.kind = MixKind::mosaic,
       .partners = {partner(), partner(), partner()},
       .numbers = {2, 0, 0, whole(4)}},
      {.kind = MixKind::mosaic,
       .partners = {partner(), partner(), partner()},
       .numbers = {scale,
                   (2 - scale) * random.uniform() * static_cast<float>(width),
                   (2 - scale) * random.uniform() * static_cast<float>(height),
                   whole(4)}},
      {.kind = MixKind::copy_paste,
       .partners = {partner()},
       .numbers = {whole(1 << 24), 0.5F, 0}}};
  if (masks != DType::uint8) steps.back() = {};
  return steps;
}

// Both join products and sums by hand where the processor does; where it
// doesn't, a sum of four products rounds otherwise by a few 6e-8.
TEST(Mix, CpuDoesAsTheReference) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(concat("seed ", seed));
  Philox random({.seed = seed});
  for (const auto& [height, width] : {std::pair{1, 1}, {7, 37}, {70, 33}}) {
    for (const DType masks : {DType::uint8, DType::float32}) {
      for (const Interpolation how :
           {Interpolation::nearest, Interpolation::bilinear}) {
        for (const std::int64_t channels : {1, 3}) {
          const Batch batch =
              batch_of({6, height, width, channels}, masks, random.next());
          const auto steps = steps_of(height, width, masks, random);
          const Mixing mixing{.steps = steps.data(), .masks = how};
          mix(Device::reference, mixing, batch.input, batch.output);
          const MixBatch seen{Tensor(batch.input.images.shape()),
                              Tensor(batch.input.masks.shape(), masks)};
          mix(Device::cpu, mixing, batch.input, seen);
          testing::expect_close(seen.images, batch.output.images, 0, 5e-7);
          // A rounding may also decide between two bytes.
          const bool bytes = masks == DType::uint8;
          const bool blended = how != Interpolation::nearest;
          testing::expect_close(seen.masks, batch.output.masks, 0,
                                !blended ? 0
                                : bytes  ? 1
                                         : 1e-5);
        }
      }
    }
  }
}

// More than a task of values a sample, and not whole vectors.
TEST(Mix, ChainsAreBlendedInOnTheCpuAsOnTheReference) {
  Philox random({.seed = 5});
  const Shape shape{3, 90, 71, 3};
  const auto drawn = [&] {
    const Tensor images(shape);
    for (float& value : images.values<float>()) value = random.uniform();
    return images;
  };
  const Tensor original = drawn();
  const Tensor changed = drawn();
  const Tensor before = drawn();
  const Tensor seen(shape);
  const Tensor expected(shape);
  const Tensor parts = Tensor::from<float>({3}, {0.25F, 0, 0.9F});
  blend_in(Device::reference, parts, original, changed, before, expected);
  blend_in(Device::cpu, parts, original, changed, before, seen);
  testing::expect_close(seen, expected, 0, 2e-7);
  testing::expect_identical(seen.rows(1, 1), before.rows(1, 1));
  const std::int64_t last = shape.elements() - 1;
  EXPECT_NEAR(
      seen.data<float>()[last],
      before.data<float>()[last] +
          0.9F * (changed.data<float>()[last] - original.data<float>()[last]),
      1e-6);
  EXPECT_THROW(
      blend_in(Device::cpu, Tensor({2}), original, changed, before, seen),
      Error);
}

class MixOn : public ::testing::TestWithParam<Device> {
 protected:
  // The first of two samples of one row, its partner being the second.
  std::vector<float> mixed(const MixStep& step, const std::vector<float>& own,
                           const std::vector<float>& other) const {
    std::vector<float> both = own;
    both.insert(both.end(), other.begin(), other.end());
    const Shape shape{2, 1, static_cast<std::int64_t>(own.size()), 1};
    const Tensor images = Tensor::from<float>(shape, both);
    const Tensor output(shape);
    const std::array<MixStep, 2> steps{step, MixStep{}};
    mix(GetParam(), {.steps = steps.data()}, {images, {}}, {output, {}});
    const auto row = output.values<float>().first(own.size());
    return {row.begin(), row.end()};
  }
};

using Values = std::vector<float>;

TEST_P(MixOn, MixupBlends) {
  EXPECT_EQ(mixed({.kind = MixKind::mixup, .partners = {1}, .numbers = {0.75F}},
                  {4, 8}, {0, 4}),
            (Values{3, 7}));
}

TEST_P(MixOn, CutmixTakesTheRectangle) {
  EXPECT_EQ(
      mixed({.kind = MixKind::cutmix, .partners = {1}, .numbers = {1, 0, 3, 1}},
            {1, 2, 3, 4}, {5, 6, 7, 8}),
      (Values{1, 6, 7, 4}));
}

// At half the size a pixel is the mean of two. The one row is the second of
// tiles, in which the sample comes first.
TEST_P(MixOn, MosaicShowsTilesThroughAWindow) {
  const MixStep whole{
      .kind = MixKind::mosaic, .partners = {1, 1, 1}, .numbers = {2, 0, 0, 2}};
  EXPECT_EQ(mixed(whole, {1, 3, 5, 9}, {2, 4, 6, 12}), (Values{2, 7, 3, 9}));
  MixStep part = whole;
  part.numbers = {1, 1, 0, 0};
  EXPECT_EQ(mixed(part, {1, 3, 5, 9}, {2, 4, 6, 12}), (Values{3, 5, 9, 2}));
  // The first tile is partner 2's.
  part.numbers = {1, 1, 0, 3};
  EXPECT_EQ(mixed(part, {1, 3, 5, 9}, {2, 4, 6, 12}), (Values{4, 6, 12, 1}));
}

TEST_P(MixOn, MasksOfClassIdsAreNotBlended) {
  const Tensor images({2, 1, 2, 1});
  const Tensor output(images.shape());
  const Tensor masks = Tensor::from<std::uint8_t>({2, 1, 2, 1}, {0, 10, 4, 20});
  const Tensor seen(masks.shape(), DType::uint8);
  const std::array<MixStep, 2> steps{
      MixStep{.kind = MixKind::mixup, .partners = {1}, .numbers = {0.75F}},
      MixStep{.kind = MixKind::mixup, .partners = {0}, .numbers = {0.25F}}};
  mix(GetParam(), {.steps = steps.data()}, {images, masks}, {output, seen});
  testing::expect_identical(
      seen, Tensor::from<std::uint8_t>({2, 1, 2, 1}, {0, 10, 0, 10}));
  // Heat maps are.
  mix(GetParam(), {.steps = steps.data(), .masks = Interpolation::bilinear},
      {images, masks}, {output, seen});
  testing::expect_identical(
      seen, Tensor::from<std::uint8_t>({2, 1, 2, 1}, {1, 13, 1, 13}));
}

TEST_P(MixOn, CopyPastePastesObjectsAndNothingElse) {
  const Tensor images = Tensor::from<float>({2, 1, 4, 1}, {1, 2, 3, 4,  //
                                                           5, 6, 7, 8});
  const Tensor masks = Tensor::from<std::uint8_t>({2, 1, 4, 1}, {3, 3, 0, 0,  //
                                                                 0, 1, 2, 255});
  const Tensor output(images.shape());
  const Tensor seen(masks.shape(), DType::uint8);
  std::array<MixStep, 2> steps{
      MixStep{.kind = MixKind::copy_paste, .partners = {1}, .numbers = {7, 1}}};
  mix(GetParam(), {.steps = steps.data()}, {images, masks}, {output, seen});
  testing::expect_identical(output.rows(0, 1),
                            Tensor::from<float>({1, 1, 4, 1}, {1, 6, 7, 4}));
  testing::expect_identical(
      seen.rows(0, 1), Tensor::from<std::uint8_t>({1, 1, 4, 1}, {3, 1, 2, 0}));
  steps[0].numbers = {7, 0, 0};
  mix(GetParam(), {.steps = steps.data()}, {images, masks}, {output, seen});
  testing::expect_identical(output, images);
}

INSTANTIATE_TEST_SUITE_P(Devices, MixOn,
                         ::testing::Values(Device::cpu, Device::reference));

TEST(Mix, RefusesWhatDoesNotFit) {
  const Batch batch = batch_of({2, 3, 4, 1}, DType::float32, 1);
  const std::array<MixStep, 2> steps{
      MixStep{.kind = MixKind::copy_paste, .partners = {1}}};
  const auto refuses = [&](const MixBatch& input, const MixBatch& output) {
    EXPECT_THROW(mix(Device::cpu, {.steps = steps.data()}, input, output),
                 Error);
  };
  refuses(batch.input, batch.output);  // no class ids
  refuses({batch.input.images, {}}, {batch.output.images, {}});
  const std::array<MixStep, 2> nothing{};
  const auto refuses_nothing = [&](const MixBatch& input,
                                   const MixBatch& output) {
    EXPECT_THROW(mix(Device::cpu, {.steps = nothing.data()}, input, output),
                 Error);
  };
  refuses_nothing({batch.input.images, {}}, {batch.input.images, {}});
  refuses_nothing(batch.input, {batch.output.images, {}});
  refuses_nothing(batch.input, {batch.output.images, batch.input.masks});
}

}  // namespace
}  // namespace lathe
