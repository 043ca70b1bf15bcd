#include "augment/aug_mix.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "augment/parse.h"
#include "core/parallel.h"
#include "tests/augment/distribution.h"
#include "tests/augment/fixed_policy.h"
#include "tests/support/compare.h"

namespace lathe::augment {
namespace {

constexpr std::int64_t kSamples = 5;
constexpr std::array<std::uint32_t, kSamples> kIds{4, 9, 9, 1, 30};
constexpr BatchKey kKey{.seed = 3, .epoch = 2, .sample_ids = kIds};

Tensor random_images() {
  Philox random({.seed = 8});
  const Tensor images({kSamples, 12, 17, 3});
  for (float& value : images.values<float>()) value = random.uniform();
  return images;
}

Tensor random_masks() {
  Philox random({.seed = 9});
  const Tensor masks({kSamples, 12, 17, 1}, DType::uint8);
  for (auto& value : masks.values<std::uint8_t>()) {
    value = static_cast<std::uint8_t>(random.below(3));
  }
  return masks;
}

/// Images of any type to float32.
Tensor applied(const Pipeline& pipeline, const Tensor& images,
               const BatchKey& key, Device device = Device::cpu) {
  const Tensor output(images.shape());
  pipeline.apply({.images = images, .masks = {}}, key,
                 {.images = output, .masks = {}}, device);
  return output;
}

/// What the row of a sample means, by plain pipelines of single operations.
std::vector<float> blended(const AugMix& operation, std::span<const float> row,
                           const Tensor& image) {
  const auto original = image.values<float>();
  std::vector<double> sum(original.begin(), original.end());
  const auto chains = static_cast<std::size_t>(operation.num_chains);
  const auto depth = static_cast<std::size_t>(operation.chain_depth);
  for (std::size_t chain = 0; chain < chains; ++chain) {
    std::vector<Augmentation> links;
    for (std::size_t place = 0; place < depth; ++place) {
      const std::size_t at = chains + 2 * (chain * depth + place);
      links.push_back(FixedPolicy{
          .kind = static_cast<PolicyKind>(static_cast<int>(row[at])),
          .amount = row[at + 1],
          .reading = {.sampling = {operation.interpolation, operation.fill_mode,
                                   operation.fill_value}}});
    }
    const std::uint32_t id = 0;
    const Tensor changed =
        applied(Pipeline(links, {.fusion = Fusion::exact}), image,
                {.sample_ids = {&id, 1}}, Device::reference);
    for (std::size_t i = 0; i < sum.size(); ++i) {
      sum[i] += static_cast<double>(row[chain]) *
                static_cast<double>(changed.values<float>()[i] - original[i]);
    }
  }
  return {sum.begin(), sum.end()};
}

// Three chains are summed in float32, a few roundings of 6e-8 each.
TEST(AugMix, IsTheBlendOfItsChains) {
  const Tensor images = random_images();
  for (const AugMix& operation :
       {AugMix{}, AugMix{.num_chains = 1, .chain_depth = 1, .factor = 1},
        AugMix{.num_chains = 2,
        .chain_depth = 5,
        .factor = 0.6F,
        .alpha = 0.3F,
        .interpolation = Interpolation::nearest,
        .fill_mode = FillMode::reflect}}) {
    const Pipeline pipeline{operation};
    SCOPED_TRACE(to_text(pipeline));
    const Tensor table({kSamples, pipeline.row_length()});
    pipeline.draw(kKey, table);
    const Tensor seen = applied(pipeline, images, kKey, Device::reference);
    for (std::int64_t n = 0; n < kSamples; ++n) {
      const auto expected = blended(operation, table.rows(n, 1).values<float>(),
                                    images.rows(n, 1));
      const auto actual = seen.rows(n, 1).values<float>();
      for (std::size_t i = 0; i < expected.size(); ++i) {
        ASSERT_NEAR(actual[i], expected[i], 1e-6) << "sample " << n;
      }
    }
  }
}

// Posterizing what is interpolated to a rounding may take another step, one
// pixel in a thousand at most.
TEST(AugMix, CpuDoesAsTheReference) {
  const Tensor images = random_images();
  const Pipeline pipeline{AugMix{.factor = 0.8F}};
  const Tensor reference = applied(pipeline, images, kKey, Device::reference);
  const Tensor cpu = applied(pipeline, images, kKey);
  int others = 0;
  for (std::int64_t i = 0; i < cpu.elements(); ++i) {
    const float distance =
        std::abs(cpu.data<float>()[i] - reference.data<float>()[i]);
    others += distance > 1e-5F ? 1 : 0;
  }
  EXPECT_LE(others, cpu.elements() / 1000);
}

// One after the other as pipelines of their own, which number alike.
TEST(AugMix, StandsAnywhereInAPipeline) {
  const Tensor images = random_images();
  const Tensor masks = random_masks();
  const Pipeline whole = parse("flip,augmix,augmix=1,rotation,augmix=2");
  Targets step{.images = images, .masks = masks};
  std::uint32_t number = 0;
  for (const Augmentation& operation : whole.augmentations()) {
    const Targets next{.images = Tensor(images.shape()),
                       .masks = Tensor(masks.shape(), DType::uint8)};
    Pipeline({operation}, {.first_number = number++})
        .apply(step, kKey, {.images = next.images, .masks = next.masks});
    step = next;
  }
  const int threads = thread_count();
  for (const int count : {1, 2, 7}) {
    set_thread_count(count);
    const Targets output{.images = Tensor(images.shape()),
                         .masks = Tensor(masks.shape(), DType::uint8)};
    whole.apply({.images = images, .masks = masks}, kKey,
                {.images = output.images, .masks = output.masks});
    testing::expect_identical(output.images, step.images);
    testing::expect_identical(output.masks, step.masks);
  }
  set_thread_count(threads);
}

// Bytes too, both ways, and a sample alone.
TEST(AugMix, LeavesMasksBoxesAndKeypoints) {
  const Tensor masks = random_masks();
  const Tensor images({kSamples, 12, 17, 3}, DType::uint8);
  for (std::int64_t i = 0; i < images.elements(); ++i) {
    images.data<std::uint8_t>()[i] = static_cast<std::uint8_t>(i * 37 % 251);
  }
  const Pipeline pipeline = parse("augmix(factor=1)");
  const auto seen = [&](std::int64_t first, std::int64_t count, DType dtype) {
    const Tensor output({count, 12, 17, 3}, dtype);
    const Tensor same({count, 12, 17, 1}, DType::uint8);
    pipeline.apply(
        {.images = images.rows(first, count),
         .masks = masks.rows(first, count)},
        {.seed = 3,
         .epoch = 2,
         .sample_ids = std::span(kIds).subspan(
             static_cast<std::size_t>(first), static_cast<std::size_t>(count))},
        {.images = output, .masks = same});
    testing::expect_identical(same, masks.rows(first, count));
    return output;
  };
  const Tensor floats = seen(0, kSamples, DType::float32);
  const Tensor bytes = seen(0, kSamples, DType::uint8);
  for (std::int64_t i = 0; i < bytes.elements(); ++i) {
    ASSERT_NEAR(bytes.data<std::uint8_t>()[i], floats.data<float>()[i] * 255,
                0.5001);
  }
  for (std::int64_t n = 0; n < kSamples; ++n) {
    testing::expect_identical(seen(n, 1, DType::float32), floats.rows(n, 1));
  }
  std::vector<Annotations> annotations(
      kSamples, {.boxes = {{.x0 = 1, .y0 = 2, .x1 = 9, .y1 = 7}},
                 .keypoints = {{.x = 3, .y = 11}}});
  pipeline.follow(annotations, kKey, {.height = 12, .width = 17});
  for (const Annotations& each : annotations) {
    EXPECT_EQ(each.boxes[0].x0, 1);
    EXPECT_EQ(each.boxes[0].y1, 7);
    EXPECT_EQ(each.boxes[0].visible, 1);
    EXPECT_EQ(each.keypoints[0].y, 11);
    EXPECT_EQ(each.keypoints[0].visibility, Visibility::visible);
  }
}

TEST(AugMix, AGroupChoosesAllOfItOrNothing) {
  const Tensor images = random_images();
  const Pipeline group = parse("one_of(augmix,invert=1,augmix(factor=1))");
  const Tensor table({kSamples, group.row_length()});
  group.draw(kKey, table);
  const Tensor seen = applied(group, images, kKey, Device::reference);
  std::set<float> chosen;
  for (std::int64_t n = 0; n < kSamples; ++n) {
    const auto row = table.rows(n, 1).values<float>();
    chosen.insert(row[0]);
    const auto length =
        static_cast<std::size_t>(Pipeline{AugMix{}}.row_length());
    std::vector<float> expected;
    if (row[0] == 1) {
      for (const float value : images.rows(n, 1).values<float>()) {
        expected.push_back(1 - value);
      }
    } else {
      expected = blended({}, row.subspan(row[0] == 0 ? 1 : length + 2, length),
                         images.rows(n, 1));
    }
    const auto actual = seen.rows(n, 1).values<float>();
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_NEAR(actual[i], expected[i], 1e-5) << "sample " << n;
    }
  }
  EXPECT_EQ(chosen.size(), 3U);
}

// With alpha 1 the original's part is uniform, and so is what is left; each of
// three weights has a mean of 1/3 of that and a variance of 1/18 apart from it.
TEST(AugMix, PartsAreOfDirichletAndBeta) {
  std::vector<float> left;
  double squares = 0;
  for (const auto& row : many_drawn(AugMix{})) {
    left.push_back(row[0] + row[1] + row[2]);
    const double weight = row[0] / left.back() - 1.0 / 3;
    squares += weight * weight;
  }
  expect_uniform(left, 0, 1);
  // The fourth central moment of Beta(1, 2) is 1/135.
  EXPECT_NEAR(squares / kDraws, 1.0 / 18,
              5 * std::sqrt((1.0 / 135 - 1.0 / 324) / kDraws));
}

TEST(AugMix, ChoosesAllOperationsAsOftenAtAnyMagnitude) {
  for (const bool all : {true, false}) {
    const auto rows = many_drawn(AugMix{.factor = 0.5F, .all_ops = all});
    std::map<float, std::size_t> kinds;
    std::map<int, std::size_t> depths;
    std::vector<float> degrees;
    for (const auto& row : rows) {
      ++kinds[row[3]];
      if (row[3] == static_cast<float>(PolicyKind::rotate)) {
        degrees.push_back(row[4]);
      }
      int depth = 0;
      for (std::size_t place = 0; place < 3; ++place) {
        depth += row[9 + 2 * place] != 0 ? 1 : 0;
      }
      ++depths[depth];
    }
    EXPECT_EQ(kinds.size(), all ? 13U : 9U);
    for (const auto& [kind, count] : kinds) {
      EXPECT_NE(kind, 0);
      expect_binomial(count, all ? 1.0 / 13 : 1.0 / 9);
    }
    EXPECT_EQ(kinds.count(static_cast<float>(PolicyKind::sharpness)),
              all ? 1U : 0U);
    EXPECT_EQ(depths.size(), 3U);
    for (const int depth : {1, 2, 3}) expect_binomial(depths[depth], 1.0 / 3);
    expect_uniform(degrees, -15, 15);
  }
}

TEST(AugMix, SaysWhatItDoes) {
  const AugMix operation{.num_chains = 2, .chain_depth = 2};
  const std::vector<float> row{0.25F, 0.5F, 5, 10, 0, 0, 13, 0, 10, 4};
  EXPECT_EQ(operation.describe(row),
            "0.25 of (rotate 10), 0.5 of (equalize, posterize 4)");
  const std::string passes = (Pipeline{operation}).summary();
  EXPECT_NE(passes.find("augmix: images bilinear, chain 2 of 2"),
            std::string::npos)
      << passes;
}

TEST(AugMix, RefusesWhatItCantDraw) {
  EXPECT_THROW(Augmentation(AugMix{.num_chains = 0}), Error);
  EXPECT_THROW(Augmentation(AugMix{.num_chains = 11}), Error);
  EXPECT_THROW(Augmentation(AugMix{.chain_depth = 0}), Error);
  EXPECT_THROW(Augmentation(AugMix{.chain_depth = 11}), Error);
  EXPECT_THROW(Augmentation(AugMix{.factor = 1.5F}), Error);
  EXPECT_THROW(Augmentation(AugMix{.alpha = 0}), Error);
}

}  // namespace
}  // namespace lathe::augment
