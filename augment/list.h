#pragma once

#include <tuple>

#include "augment/random_flip.h"
#include "augment/random_rotation.h"
#include "augment/random_translation.h"
#include "augment/random_zoom.h"

namespace lathe::augment {

/// Every augmentation that texts can name; a new one needs its header above and
/// its name here.
using AugmentationList = std::tuple<  //
    RandomFlip,                       //
    RandomRotation,                   //
    RandomTranslation,                //
    RandomZoom>;

}  // namespace lathe::augment
