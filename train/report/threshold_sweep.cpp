#include "train/report/threshold_sweep.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.h"
#include "train/report/text.h"

namespace lathe::train {
namespace {

constexpr std::uint8_t kIgnored = 255;

double share(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0
                    : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

void ThresholdSweep::add(std::span<const float> probabilities,
                         std::span<const std::uint8_t> truth) {
  if (probabilities.size() != truth.size()) {
    fail("ThresholdSweep: ", probabilities.size(), " probabilities for ",
         truth.size(), " class ids; there must be as many");
  }
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (truth[i] == kIgnored) continue;
    // In float32, in which 0.1 is not above 0.1. What is not a number belongs
    // nowhere, and counts as background.
    const float place =
        std::ceil(std::clamp(probabilities[i], 0.0F, 1.0F) * kSteps);
    const auto bin =
        std::isnan(place) ? std::size_t{0} : static_cast<std::size_t>(place);
    ++(truth[i] == 1 ? object_ : background_)[bin];
  }
}

ThresholdSweep::Above ThresholdSweep::above(std::size_t step) const {
  const auto sum = [step](const auto& counts) {
    return std::accumulate(
        counts.begin() + static_cast<std::ptrdiff_t>(step) + 1, counts.end(),
        std::int64_t{0});
  };
  return {.object = sum(object_), .background = sum(background_)};
}

ThresholdScores ThresholdSweep::at(std::size_t step) const {
  const auto [right, wrong] = above(step);
  const Above all = {.object = above(0).object + object_[0],
                     .background = above(0).background + background_[0]};
  return {.threshold = static_cast<double>(step) / kSteps,
          .accuracy = share(right + all.background - wrong,
                            all.object + all.background),
          .precision = share(right, right + wrong),
          .recall = share(right, all.object),
          .iou = share(right, all.object + wrong),
          .dice = share(2 * right, all.object + right + wrong)};
}

std::vector<ThresholdScores> ThresholdSweep::rows(std::size_t every) const {
  std::vector<ThresholdScores> result;
  for (std::size_t step = 0; step < kSteps; step += every) {
    result.push_back(at(step));
  }
  return result;
}

ThresholdScores ThresholdSweep::best() const {
  return std::ranges::max(rows(1), {}, &ThresholdScores::iou);
}

double ThresholdSweep::average_precision() const {
  double result = 0;
  double recall = 0;
  for (std::size_t step = kSteps; step-- > 0;) {
    const ThresholdScores scores = at(step);
    result += (scores.recall - recall) * scores.precision;
    recall = scores.recall;
  }
  // Below every threshold are those of probability 0.
  const ThresholdScores least = at(0);
  const auto all = std::accumulate(object_.begin(), object_.end(), 0.0) +
                   std::accumulate(background_.begin(), background_.end(), 0.0);
  const double objects = std::accumulate(object_.begin(), object_.end(), 0.0);
  if (objects == 0) return 0;
  return result + (1 - least.recall) * objects / all;
}

std::string threshold_csv(const std::vector<ThresholdScores>& rows) {
  std::string text = "threshold,accuracy,precision,recall,iou,dice\n";
  for (const ThresholdScores& row : rows) {
    text += number(row.threshold, 3);
    for (const double value :
         {row.accuracy, row.precision, row.recall, row.iou, row.dice}) {
      text += ',' + number(value, 6);
    }
    text += '\n';
  }
  return text;
}

}  // namespace lathe::train
