#pragma once

#include <span>
#include <string>
#include <vector>

#include "models/model.h"

namespace lathe::apps {

/// Whether a model ends without the softmax or sigmoid that would make its
/// output probabilities.
bool gives_logits(const models::Model& model);

/// Of one sample or pixel, in place, as the model's own softmax or, of a single
/// number, sigmoid would have.
void to_probabilities(std::span<float> logits);

/// The model's names of its classes, or their numbers. A single output is the
/// probability of the second of two.
std::vector<std::string> class_names(const models::Model& model);

}  // namespace lathe::apps
