#include "augment/random_copy_paste.h"

#include <gtest/gtest.h>

#include "augment/parse.h"
#include "core/error.h"
#include "tests/augment/apply_one.h"
#include "tests/augment/distribution.h"

namespace lathe::augment {
namespace {

// Five standard errors of a binomial are at most 2.5 roots of n.
TEST(RandomCopyPaste, PastesEachClassAsOftenAsTold) {
  const Augmentation operation =
      RandomCopyPaste{.p = 0.5F, .class_p = 0.3F, .background = 2};
  int done = 0;
  std::array<int, 256> classes{};
  int both = 0;
  for (std::uint32_t i = 0; i < kDraws; ++i) {
    const MixStep step = operation.effects()[0]->mix(
        drawn(operation, 9, i), {.height = 4, .width = 4},
        {.index = 0, .samples = 2});
    if (step.kind == MixKind::none) continue;
    ++done;
    for (const std::uint32_t id : {0U, 1U, 2U, 254U, 255U}) {
      classes[id] += is_pasted(step, id) ? 1 : 0;
    }
    both += is_pasted(step, 0) && is_pasted(step, 1) ? 1 : 0;
  }
  const double error = 2.5 * std::sqrt(kDraws);
  EXPECT_NEAR(done, 0.5 * kDraws, error);
  EXPECT_NEAR(classes[0], 0.3 * done, error);
  EXPECT_NEAR(classes[1], 0.3 * done, error);
  EXPECT_NEAR(classes[254], 0.3 * done, error);
  EXPECT_NEAR(both, 0.09 * done, error);
  EXPECT_EQ(classes[2], 0);
  EXPECT_EQ(classes[255], 0);
}

// Images brighter than the mask says they are by 100.
TEST(RandomCopyPaste, ImagesAndMasksStayTogether) {
  const Pipeline pipeline = parse("copy_paste(p=0.7,class_p=0.5)");
  const Shape shape{8, 9, 11, 1};
  const Tensor masks(shape, DType::uint8);
  const Tensor images(shape);
  Philox random({.seed = 3});
  for (std::int64_t i = 0; i < shape.elements(); ++i) {
    const std::uint32_t id = random.below(4);
    masks.data<std::uint8_t>()[i] = static_cast<std::uint8_t>(id);
    images.data<float>()[i] = static_cast<float>(100 + id);
  }
  const Tensor seen_images(shape);
  const Tensor seen_masks(shape, DType::uint8);
  const std::vector<std::uint32_t> ids{1, 2, 3, 4, 5, 6, 7, 8};
  pipeline.apply({.images = images, .masks = masks},
                 {.seed = 1, .sample_ids = ids},
                 {.images = seen_images, .masks = seen_masks, .scale = 1});
  int changed = 0;
  for (std::int64_t i = 0; i < shape.elements(); ++i) {
    const int id = seen_masks.data<std::uint8_t>()[i];
    ASSERT_EQ(seen_images.data<float>()[i], static_cast<float>(100 + id));
    changed += id != masks.data<std::uint8_t>()[i] ? 1 : 0;
  }
  EXPECT_GT(changed, 0);
}

TEST(RandomCopyPaste, RefusesBadOptionsAndImagesWithoutMasks) {
  EXPECT_THROW(parse("copy_paste=2"), Error);
  EXPECT_THROW(parse("copy_paste(class_p=-1)"), Error);
  EXPECT_THROW(parse("copy_paste(background=0.5)"), Error);
  EXPECT_THROW(parse("copy_paste(background=256)"), Error);
  const Pipeline pipeline = parse("copy_paste=0");
  EXPECT_TRUE(pipeline.needs_masks());
  EXPECT_FALSE(parse("mosaic").needs_masks());
  const std::vector<std::uint32_t> ids{1, 2};
  const Tensor images({2, 3, 3, 1});
  EXPECT_THROW(pipeline.apply({.images = images, .masks = {}},
                              {.seed = 1, .sample_ids = ids},
                              {.images = Tensor(images.shape()), .masks = {}}),
               Error);
}

}  // namespace
}  // namespace lathe::augment
