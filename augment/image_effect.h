#pragma once

#include <memory>

#include "augment/pipeline.h"
#include "core/augmentation/effect.h"

namespace lathe::augment {

/// A pipeline's operations as one effect on float images of that range, with
/// the pixels that Pipeline::apply() makes. It joins with an effect of this
/// kind whose operations are numbered after its own, unless both depend on the
/// range and theirs differ.
std::shared_ptr<const ImageEffect> effect_of(Pipeline pipeline,
                                             ValueRange range = {});

}  // namespace lathe::augment
