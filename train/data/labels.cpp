#include "train/data/labels.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "core/error.h"

namespace lathe::train {

std::vector<std::int32_t> labels_of(const Dataset& data) {
  std::vector<std::int32_t> labels(static_cast<std::size_t>(data.size()));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    labels[i] = data.label(static_cast<std::int64_t>(i));
  }
  return labels;
}

std::vector<std::int64_t> class_counts(const std::vector<std::int32_t>& labels,
                                       std::int64_t classes) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(classes));
  for (const std::int32_t label : labels) {
    if (label < -1 || label >= classes) {
      fail("class_counts: a label of ", label, "; there are classes 0 to ",
           classes - 1);
    }
    if (label >= 0) ++counts[static_cast<std::size_t>(label)];
  }
  return counts;
}

std::vector<float> balanced_class_weights(
    const std::vector<std::int32_t>& labels, std::int64_t classes) {
  const std::vector<std::int64_t> counts = class_counts(labels, classes);
  const auto samples = static_cast<double>(
      std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
  std::vector<float> weights(counts.size());
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto share = static_cast<double>(classes * counts[i]);
    if (counts[i] > 0) weights[i] = static_cast<float>(samples / share);
  }
  return weights;
}

std::vector<std::int64_t> first_of_each_class(
    const std::vector<std::int32_t>& labels, std::int64_t limit) {
  std::map<std::int32_t, std::int64_t> met;
  std::vector<std::int64_t> place_in_class(labels.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    place_in_class[i] = met[labels[i]]++;
  }
  std::vector<std::int64_t> indices(labels.size());
  std::iota(indices.begin(), indices.end(), std::int64_t{0});
  std::ranges::stable_sort(indices, {}, [&](std::int64_t index) {
    return place_in_class[static_cast<std::size_t>(index)];
  });
  indices.resize(std::min(indices.size(), static_cast<std::size_t>(limit)));
  std::ranges::sort(indices);
  return indices;
}

}  // namespace lathe::train
