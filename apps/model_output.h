#pragma once

#include "models/model.h"

namespace lathe::apps {

/// Whether a model ends without the softmax or sigmoid that would make its
/// output probabilities.
bool gives_logits(const models::Model& model);

}  // namespace lathe::apps
