#pragma once

#include <cstdint>
#include <vector>

#include "train/data/dataset.h"

namespace lathe::train {

/// The label() of every sample, in order.
std::vector<std::int32_t> labels_of(const Dataset& data);

/// How many samples each class has; labels of -1 don't count. Throws Error for
/// a label that is no class.
std::vector<std::int64_t> class_counts(const std::vector<std::int32_t>& labels,
                                       std::int64_t classes);

/// How many pixels of a set's masks are of each class (Dataset::count_pixels),
/// read by all threads. Where `skip_bad`, masks that can't be read are left
/// out; otherwise the first one's error is thrown.
std::vector<std::int64_t> pixel_counts(const Dataset& data,
                                       std::int64_t classes, bool skip_bad);

/// A weight a class such that all classes weigh the same in sum: all that is
/// counted / (classes * what is of the class), as "balanced" means in
/// scikit-learn. 0 for a class that nothing is of.
std::vector<float> balanced_class_weights(
    const std::vector<std::int64_t>& counts);

/// The same of labels.
std::vector<float> balanced_class_weights(
    const std::vector<std::int32_t>& labels, std::int64_t classes);

/// The indices of `limit` samples (all, where there are fewer), the first of
/// each class in turn, then the second, and so on; ascending.
std::vector<std::int64_t> first_of_each_class(
    const std::vector<std::int32_t>& labels, std::int64_t limit);

}  // namespace lathe::train
