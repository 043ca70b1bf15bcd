#include "train/report/threshold_sweep.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "core/philox.h"
#include "train/report/precision_recall.h"

namespace lathe::train {
namespace {

// Of scikit-learn's documentation of average_precision_score, which is 0.83.
TEST(ThresholdSweep, IsScikitLearns) {
  const float probabilities[] = {0.1F, 0.4F, 0.35F, 0.8F};
  const std::uint8_t truth[] = {0, 0, 1, 1};
  ThresholdSweep sweep;
  sweep.add(probabilities, truth);
  EXPECT_NEAR(sweep.average_precision(), 1 * 0.5 + 2.0 / 3 * 0.5, 1e-12);
  const ThresholdScores half = sweep.at(500);
  EXPECT_EQ(half.precision, 1);
  EXPECT_EQ(half.recall, 0.5);
  EXPECT_EQ(half.accuracy, 0.75);
  EXPECT_EQ(half.iou, 0.5);
  EXPECT_DOUBLE_EQ(half.dice, 2.0 / 3);
  // From 0.1 on the one of 0.1 is not above it; both objects are until 0.35.
  const ThresholdScores best = sweep.best();
  EXPECT_EQ(best.threshold, 0.1);
  EXPECT_DOUBLE_EQ(best.iou, 2.0 / 3);
}

TEST(ThresholdSweep, CountsAsAnyThresholdDoes) {
  const std::uint64_t seed = 7;
  Philox random(RandomKey{.seed = seed});
  std::vector<float> probabilities;
  std::vector<std::uint8_t> truth;
  for (int i = 0; i < 5000; ++i) {
    probabilities.push_back(i % 7 == 0 ? 0.5F : random.uniform());
    truth.push_back(i % 11 == 0                               ? 255
                    : random.uniform() < probabilities.back() ? 1
                                                              : 0);
  }
  ThresholdSweep sweep;
  // In parts as well as at once.
  sweep.add(std::span(probabilities).first(1000), std::span(truth).first(1000));
  sweep.add(std::span(probabilities).subspan(1000),
            std::span(truth).subspan(1000));
  for (const std::size_t step : {0, 1, 250, 499, 500, 501, 999}) {
    double both = 0;
    double either = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
      if (truth[i] == 255) continue;
      const bool taken = probabilities[i] > static_cast<float>(step) / 1000;
      both += taken && truth[i] == 1;
      either += taken || truth[i] == 1;
    }
    EXPECT_DOUBLE_EQ(sweep.at(step).iou, both / either) << step;
  }
}

TEST(ThresholdSweep, TakesWhatIsOddAsItCan) {
  ThresholdSweep empty;
  EXPECT_EQ(empty.average_precision(), 0);
  EXPECT_EQ(empty.best().iou, 0);
  EXPECT_EQ(empty.at(500).precision, 0);
  const float odd[] = {NAN, -1, 2};
  const std::uint8_t truth[] = {0, 0, 1};
  ThresholdSweep sweep;
  sweep.add(odd, truth);
  EXPECT_EQ(sweep.at(0).iou, 1);
  EXPECT_EQ(sweep.average_precision(), 1);
  EXPECT_THROW(sweep.add(odd, std::span(truth).first(2)), Error);
  EXPECT_EQ(draw_precision_recall(empty).height(), 480);
}

TEST(ThresholdSweep, IsWrittenARowAThreshold) {
  ThresholdSweep sweep;
  const float probabilities[] = {0.25F, 0.75F};
  const std::uint8_t truth[] = {0, 1};
  sweep.add(probabilities, truth);
  EXPECT_EQ(threshold_csv(sweep.rows(500)),
            "threshold,accuracy,precision,recall,iou,dice\n"
            "0.000,0.500000,0.500000,1.000000,0.500000,0.666667\n"
            "0.500,1.000000,1.000000,1.000000,1.000000,1.000000\n");
}

}  // namespace
}  // namespace lathe::train
