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

/// A weight a class such that all classes weigh the same in sum: samples /
/// (classes * samples of the class), as "balanced" means in scikit-learn. 0 for
/// a class without samples.
std::vector<float> balanced_class_weights(
    const std::vector<std::int32_t>& labels, std::int64_t classes);

/// The indices of `limit` samples (all, where there are fewer), the first of
/// each class in turn, then the second, and so on; ascending.
std::vector<std::int64_t> first_of_each_class(
    const std::vector<std::int32_t>& labels, std::int64_t limit);

}  // namespace lathe::train
