#include "train/metrics.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"

namespace lathe::train {
namespace {

ConfusionCounts counts(std::int64_t classes, std::vector<std::int64_t> values) {
  ConfusionCounts result(classes);
  result.add(Tensor::from<std::int64_t>({classes, classes}, values));
  return result;
}

// 6 pixels right and 4 wrong; of class 1 there are 3 both, 1 + 3 either.
TEST(Metrics, OfTwoClasses) {
  const ConfusionCounts two = counts(2, {3, 1, 3, 3});
  EXPECT_DOUBLE_EQ(two.metric("accuracy"), 0.6);
  EXPECT_DOUBLE_EQ(two.metric("iou"), 3.0 / 7);
  EXPECT_DOUBLE_EQ(two.metric("dice"), 6.0 / 10);
  EXPECT_DOUBLE_EQ(two.metric("mean_iou"), (3.0 / 7 + 3.0 / 7) / 2);
}

TEST(Metrics, ClassesThatDoNotOccurAreLeftOutOfTheMean) {
  const ConfusionCounts three = counts(3, {4, 0, 0, 0, 2, 0, 0, 0, 0});
  EXPECT_DOUBLE_EQ(three.mean_iou(), 1);
  EXPECT_TRUE(std::isnan(three.iou(2)));
  EXPECT_THROW((void)three.metric("iou"), Error);
}

TEST(Metrics, AddUp) {
  ConfusionCounts sum = counts(2, {1, 0, 0, 1});
  sum.add(counts(2, {0, 2, 0, 0}));
  EXPECT_DOUBLE_EQ(sum.accuracy(), 0.5);
  EXPECT_THROW(sum.add(Tensor({3, 3}, DType::int64)), Error);
}

TEST(Metrics, RefuseAnUnknownName) {
  EXPECT_THROW((void)counts(2, {1, 0, 0, 1}).metric("precision"), Error);
}

}  // namespace
}  // namespace lathe::train
