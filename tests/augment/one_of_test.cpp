#include "augment/one_of.h"

#include <gtest/gtest.h>

#include <map>

#include "augment/random_brightness.h"
#include "augment/random_invert.h"
#include "augment/random_zoom.h"
#include "tests/augment/apply_one.h"

namespace lathe::augment {
namespace {

OneOf three(float p = 1) {
  return {.operations = {RandomBrightness{{10.0 / 255, 10.0 / 255}},
                         RandomInvert{1}, RandomZoom{{0.5, 0.5}}},
          .p = p};
}

// Each sample of a batch must be what its child alone makes of it.
TEST(OneOf, ASampleGetsWhatItsChildAloneDoes) {
  const Pipeline pipeline{three(0.75F)};
  constexpr std::int64_t kCount = 64;
  Tensor input({kCount, 4, 5, 1});
  Philox random({.seed = 3});
  for (float& value : input.values<float>()) value = 255 * random.uniform();
  std::vector<std::uint32_t> ids(kCount);
  for (std::uint32_t i = 0; i < kCount; ++i) ids[i] = i;
  const Tensor output(input.shape());
  pipeline.apply({.images = input, .masks = {}},
                 {.seed = 0, .epoch = 0, .sample_ids = ids},
                 {.images = output, .masks = {}, .scale = 1});
  const Tensor table({kCount, pipeline.row_length()});
  pipeline.draw({.seed = 0, .epoch = 0, .sample_ids = ids}, table);
  std::map<int, int> seen;
  for (std::int64_t n = 0; n < kCount; ++n) {
    const auto chosen =
        static_cast<int>(table.values<float>()[static_cast<std::size_t>(
            n * pipeline.row_length())]);
    ++seen[chosen];
    const auto in = input.rows(n, 1).values<float>();
    const auto out = output.rows(n, 1).values<float>();
    const std::vector<float> pixels(in.begin(), in.end());
    const std::vector<float> expected =
        chosen < 0
            ? pixels
            : applied(three().operations[static_cast<std::size_t>(chosen)],
                      pixels, 5);
    EXPECT_EQ(std::vector<float>(out.begin(), out.end()), expected)
        << "sample " << n << ", child " << chosen;
  }
  EXPECT_EQ(seen.size(), 4U);
}

TEST(OneOf, IsOnePassWhereChildrenReadPixelsAlike) {
  EXPECT_NE((Pipeline{three()}).summary().find("in 1 pass"), std::string::npos);
}

// Within five standard deviations of binomials.
TEST(OneOf, ChoosesAllAsOften) {
  const Augmentation operation(three(0.6F));
  std::map<float, int> counts;
  for (std::uint32_t sample = 0; sample < 30000; ++sample) {
    ++counts[drawn(operation, 1, sample)[0]];
  }
  EXPECT_EQ(counts.size(), 4U);
  EXPECT_NEAR(counts[-1], 12000, 425);
  for (const float child : {0.0F, 1.0F, 2.0F}) {
    EXPECT_NEAR(counts[child], 6000, 347);
  }
}

TEST(OneOf, DescribesTheChosen) {
  EXPECT_EQ(
      Augmentation(OneOf{{RandomInvert{1}}}).describe(std::vector<float>{0, 1}),
      "one_of(invert: applied 1)");
  EXPECT_EQ(Augmentation(OneOf{{RandomInvert{1}}})
                .describe(std::vector<float>{-1, 1}),
            "one_of(nothing)");
}

}  // namespace
}  // namespace lathe::augment
