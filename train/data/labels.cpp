#include "train/data/labels.h"

#include <algorithm>
#include <exception>
#include <map>
#include <mutex>
#include <numeric>

#include "core/error.h"
#include "core/parallel.h"

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

std::vector<std::int64_t> pixel_counts(const Dataset& data,
                                       std::int64_t classes, bool skip_bad) {
  const auto entries = static_cast<std::size_t>(classes);
  std::mutex mutex;
  std::vector<std::int64_t> counts(entries);
  std::map<std::int64_t, std::exception_ptr> errors;
  parallel_tasks(data.size(), [&](std::int64_t index) {
    std::vector<std::int64_t> own(entries);
    try {
      data.count_pixels(index, own);
    } catch (...) {
      const std::lock_guard lock(mutex);
      errors.emplace(index, std::current_exception());
      return;
    }
    const std::lock_guard lock(mutex);
    for (std::size_t c = 0; c < entries; ++c) counts[c] += own[c];
  });
  if (!errors.empty() && !skip_bad) {
    std::rethrow_exception(errors.begin()->second);
  }
  return counts;
}

std::vector<float> balanced_class_weights(
    const std::vector<std::int64_t>& counts) {
  const auto all = static_cast<double>(
      std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
  std::vector<float> weights(counts.size());
  for (std::size_t c = 0; c < counts.size(); ++c) {
    const double share =
        static_cast<double>(counts.size()) * static_cast<double>(counts[c]);
    if (counts[c] > 0) weights[c] = static_cast<float>(all / share);
  }
  return weights;
}

std::vector<float> balanced_class_weights(
    const std::vector<std::int32_t>& labels, std::int64_t classes) {
  return balanced_class_weights(class_counts(labels, classes));
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
