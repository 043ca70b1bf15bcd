#include <gtest/gtest.h>

#include <random>

#include "augment/parse.h"
#include "core/error.h"
#include "tests/augment/mixed_batch.h"
#include "tests/support/compare.h"

namespace lathe::augment {
namespace {

class MixLabels : public ::testing::TestWithParam<std::string> {};

// Parts are counts divided by an area: a division and, where several mix, some
// products of float32 apart.
TEST_P(MixLabels, AgreeWithImagesAndMasksCounted) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(concat("seed ", seed));
  const MixedBatch mixed(parse(GetParam()), {7, 19, 23, 1}, seed);
  for (std::int64_t n = 0; n < 7; ++n) {
    SCOPED_TRACE(concat("sample ", n));
    const std::vector<float> counted = mixed.counted(n);
    float mean = 0;
    for (std::size_t c = 0; c < counted.size(); ++c) {
      EXPECT_NEAR(mixed.label(n)[c], counted[c], 1e-6) << "class " << c;
      mean += counted[c] * static_cast<float>(c);
    }
    const auto image = mixed.image(n);
    EXPECT_NEAR(std::accumulate(image.begin(), image.end(), 0.0) /
                    static_cast<double>(image.size()),
                mean, 1e-5);
  }
}

INSTANTIATE_TEST_SUITE_P(Pipelines, MixLabels,
                         ::testing::Values("cutmix", "cutmix(alpha=0:1,p=0.5)",
                                           "mosaic=2", "mosaic=1",
                                           "flip,cutmix,brightness=0", "none",
                                           "cutmix,cutmix,cutmix",
                                           "mosaic=2,cutmix", "cutmix,flip"));

// Tiles between full and half size are interpolated within themselves, so the
// images agree as well.
TEST(MixLabelsOf, MosaicBetweenFullAndHalfSize) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(concat("seed ", seed));
  const MixedBatch mixed(parse("mosaic"), {9, 31, 17, 1}, seed);
  for (std::int64_t n = 0; n < 9; ++n) {
    const std::vector<float> counted = mixed.counted(n);
    const auto masks = mixed.masks.rows(n, 1).values<std::uint8_t>();
    for (std::size_t c = 0; c < counted.size(); ++c) {
      EXPECT_NEAR(mixed.label(n)[c], counted[c], 1e-6);
    }
    for (std::size_t i = 0; i < masks.size(); ++i) {
      ASSERT_NEAR(mixed.image(n)[i], masks[i], 1e-5);
    }
  }
}

// Images are interpolated across what was mixed before, masks are not.
TEST(MixLabelsOf, MosaicsOfMixedImages) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(concat("seed ", seed));
  for (const char* text :
       {"cutmix,mosaic=2", "mosaic=1,mosaic=1", "cutmix,mosaic,cutmix"}) {
    SCOPED_TRACE(text);
    const MixedBatch mixed(parse(text), {7, 19, 23, 1}, seed);
    for (std::int64_t n = 0; n < 7; ++n) {
      const std::vector<float> counted = mixed.counted(n);
      for (std::size_t c = 0; c < counted.size(); ++c) {
        EXPECT_NEAR(mixed.label(n)[c], counted[c], 1e-6);
      }
    }
  }
}

TEST(MixLabelsOf, TakeDistributionsAndSkipWhatIsNoClass) {
  const Pipeline pipeline = parse("mixup(alpha=1)");
  const std::vector<std::uint32_t> ids{4, 5};
  const BatchKey key{.seed = 1, .sample_ids = ids};
  Workspace workspace;
  const auto mixed = [&](const Tensor& labels) {
    Tensor output({2, 3});
    pipeline.mix_labels(labels, key, {.height = 2, .width = 2}, output,
                        workspace);
    return output;
  };
  const Tensor of_classes = mixed(Tensor::from<std::int32_t>({2, 1}, {2, 0}));
  testing::expect_identical(
      mixed(Tensor::from<float>({2, 3}, {0, 0, 1, 1, 0, 0})), of_classes);
  const Tensor table({2, 2});
  pipeline.draw(key, table);
  const float weight = table.values<float>()[1];
  EXPECT_FLOAT_EQ(of_classes.values<float>()[2], weight);
  EXPECT_FLOAT_EQ(of_classes.values<float>()[0], 1 - weight);
  const Tensor ignored = mixed(Tensor::from<std::int32_t>({2, 1}, {-1, 0}));
  EXPECT_FLOAT_EQ(ignored.values<float>()[0], 1 - weight);
  EXPECT_FLOAT_EQ(ignored.values<float>()[1] + ignored.values<float>()[2], 0);
}

TEST(MixLabelsOf, RefuseWhatDoesNotFit) {
  const std::vector<std::uint32_t> ids{4, 5};
  Workspace workspace;
  const auto refuses = [&](const char* text, const Tensor& labels,
                           const Tensor& output, std::size_t samples = 2) {
    EXPECT_THROW(
        parse(text).mix_labels(
            labels, {.seed = 0, .sample_ids = std::span(ids).first(samples)},
            {.height = 4, .width = 4}, output, workspace),
        Error)
        << text;
  };
  const Tensor labels({2, 1}, DType::int32);
  const Tensor output({2, 3});
  refuses("mixup", Tensor({3, 1}, DType::int32), output);
  refuses("mixup", Tensor({2, 4}), output);
  refuses("mixup", Tensor({2, 1}, DType::uint8), output);
  refuses("mixup", labels, Tensor({2, 3}, DType::int32));
  refuses("mixup", output, output);
  refuses("copy_paste", labels, output);
  refuses("mixup", labels.rows(0, 1), output.rows(0, 1), 1);
}

}  // namespace
}  // namespace lathe::augment
