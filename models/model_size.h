#pragma once

#include "models/image_size.h"
#include "models/model.h"

namespace lathe::models {

/// A copy of a model of one input that takes images of another size, with the
/// same weights. Its output's size is what its layers make of that. Throws
/// Error where they don't allow it: a Dense behind a Flatten, or a model within
/// it.
Model at_size(const Model& model, const ImageSize& size);

}  // namespace lathe::models
