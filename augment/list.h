#pragma once

#include <tuple>

#include "augment/auto_augment.h"
#include "augment/one_of.h"
#include "augment/rand_augment.h"
#include "augment/random_brightness.h"
#include "augment/random_channel_shuffle.h"
#include "augment/random_color_jitter.h"
#include "augment/random_contrast.h"
#include "augment/random_copy_paste.h"
#include "augment/random_cutmix.h"
#include "augment/random_flip.h"
#include "augment/random_gamma.h"
#include "augment/random_grayscale.h"
#include "augment/random_hue.h"
#include "augment/random_invert.h"
#include "augment/random_mixup.h"
#include "augment/random_mosaic.h"
#include "augment/random_order.h"
#include "augment/random_posterization.h"
#include "augment/random_resized_crop.h"
#include "augment/random_rotation.h"
#include "augment/random_saturation.h"
#include "augment/random_shear.h"
#include "augment/random_solarization.h"
#include "augment/random_translation.h"
#include "augment/random_turn.h"
#include "augment/random_zoom.h"
#include "augment/sequence.h"
#include "augment/some_of.h"
#include "augment/trivial_augment.h"

namespace lathe::augment {

/// Every augmentation that texts can name; a new one needs its header above and
/// its name here.
using AugmentationList = std::tuple<  //
    AutoAugment,                      //
    OneOf,                            //
    RandAugment,                      //
    RandomBrightness,                 //
    RandomChannelShuffle,             //
    RandomColorJitter,                //
    RandomContrast,                   //
    RandomCopyPaste,                  //
    RandomCutMix,                     //
    RandomFlip,                       //
    RandomGamma,                      //
    RandomGrayscale,                  //
    RandomHue,                        //
    RandomInvert,                     //
    RandomOrder,                      //
    RandomMixUp,                      //
    RandomMosaic,                     //
    RandomPosterization,              //
    RandomResizedCrop,                //
    RandomRotation,                   //
    RandomSaturation,                 //
    RandomShear,                      //
    RandomSolarization,               //
    RandomTranslation,                //
    RandomTurn,                       //
    RandomZoom,                       //
    Sequence,                         //
    SomeOf,                           //
    TrivialAugment>;

}  // namespace lathe::augment
