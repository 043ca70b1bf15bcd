// Augmentations that change the size of images, before the model sees them.

#include <gtest/gtest.h>

#include "augment/parse.h"
#include "core/error.h"
#include "tests/train/label_set.h"
#include "train/extended_model.h"

namespace lathe::train {
namespace {

using testing::LabelSet;
using testing::small_classifier;

// Why there is no trainer of a model for images of 8 x 8, or "".
std::string refusal(const std::string& augmentation) {
  try {
    const ExtendedModel trainer(small_classifier(2),
                                augment::parse(augmentation),
                                {.loss = SparseCategoricalCrossentropy{}});
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(AugmentedSize, IsTheModelsOrThereIsNoTrainer) {
  EXPECT_EQ(refusal("flip,crop=6:7,invert"),
            "augmentation 'crop=6:7' makes images of 6 x 7, and the model "
            "takes 8 x 8");
  for (const std::string name :
       {"resize", "crop", "center_crop", "letterbox", "pad"}) {
    const std::string refused = refusal(name + "=9");
    EXPECT_NE(refused.find(name + "=9' makes images of 9 x 9, "),
              std::string::npos)
        << refused;
  }
  EXPECT_NE(refusal("resized_crop(size=9)").find("9 x 9"), std::string::npos);
  EXPECT_NE(refusal("one_of(crop=6,resize=6)").find("'one_of("),
            std::string::npos);
}

TEST(AugmentedSize, MayComeFromDataOfAnother) {
  for (const char* fits :
       {"resize=8", "crop=8", "pad=8", "pad=4", "letterbox=8", "resized_crop",
        "resized_crop(size=8)", "crop=12,center_crop=8", "resize=12,crop=8"}) {
    EXPECT_EQ(refusal(fits), "") << fits;
  }
}

}  // namespace
}  // namespace lathe::train
