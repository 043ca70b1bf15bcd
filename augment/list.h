#pragma once

#include <memory>

#include "augment/aug_mix.h"
#include "augment/auto_augment.h"
#include "augment/center_crop.h"
#include "augment/letterbox.h"
#include "augment/one_of.h"
#include "augment/pad.h"
#include "augment/rand_augment.h"
#include "augment/random_affine.h"
#include "augment/random_auto_contrast.h"
#include "augment/random_box_safe_crop.h"
#include "augment/random_brightness.h"
#include "augment/random_channel_shuffle.h"
#include "augment/random_clahe.h"
#include "augment/random_color_degeneration.h"
#include "augment/random_color_jitter.h"
#include "augment/random_contrast.h"
#include "augment/random_copy_paste.h"
#include "augment/random_crop.h"
#include "augment/random_cutmix.h"
#include "augment/random_cutout.h"
#include "augment/random_elastic.h"
#include "augment/random_equalization.h"
#include "augment/random_erasing.h"
#include "augment/random_flip.h"
#include "augment/random_gamma.h"
#include "augment/random_gaussian_blur.h"
#include "augment/random_gaussian_noise.h"
#include "augment/random_grayscale.h"
#include "augment/random_grid_distortion.h"
#include "augment/random_grid_mask.h"
#include "augment/random_hue.h"
#include "augment/random_invert.h"
#include "augment/random_jpeg.h"
#include "augment/random_mixup.h"
#include "augment/random_mosaic.h"
#include "augment/random_motion_blur.h"
#include "augment/random_optical_distortion.h"
#include "augment/random_order.h"
#include "augment/random_perspective.h"
#include "augment/random_posterization.h"
#include "augment/random_resized_crop.h"
#include "augment/random_rotation.h"
#include "augment/random_salt_and_pepper.h"
#include "augment/random_saturation.h"
#include "augment/random_sharpness.h"
#include "augment/random_shear.h"
#include "augment/random_solarization.h"
#include "augment/random_translation.h"
#include "augment/random_transpose.h"
#include "augment/random_turn.h"
#include "augment/random_zoom.h"
#include "augment/resize.h"
#include "augment/sequence.h"
#include "augment/some_of.h"
#include "augment/trivial_augment.h"

namespace lathe::augment {

/// Every augmentation that texts can name; a new one needs its header above and
/// its name here.
// clang-format off
#define LATHE_AUGMENTATIONS(each) \
  each(AugMix) \
  each(AutoAugment) \
  each(CenterCrop) \
  each(Letterbox) \
  each(OneOf) \
  each(Pad) \
  each(RandAugment) \
  each(RandomAffine) \
  each(RandomAutoContrast) \
  each(RandomBoxSafeCrop) \
  each(RandomBrightness) \
  each(RandomChannelShuffle) \
  each(RandomClahe) \
  each(RandomColorDegeneration) \
  each(RandomColorJitter) \
  each(RandomContrast) \
  each(RandomCopyPaste) \
  each(RandomCrop) \
  each(RandomCutMix) \
  each(RandomCutout) \
  each(RandomElastic) \
  each(RandomEqualization) \
  each(RandomErasing) \
  each(RandomFlip) \
  each(RandomGamma) \
  each(RandomGaussianBlur) \
  each(RandomGaussianNoise) \
  each(RandomGrayscale) \
  each(RandomGridDistortion) \
  each(RandomGridMask) \
  each(RandomHue) \
  each(RandomInvert) \
  each(RandomJpeg) \
  each(RandomMixUp) \
  each(RandomMosaic) \
  each(RandomMotionBlur) \
  each(RandomOpticalDistortion) \
  each(RandomOrder) \
  each(RandomPerspective) \
  each(RandomPosterization) \
  each(RandomResizedCrop) \
  each(RandomRotation) \
  each(RandomSaltAndPepper) \
  each(RandomSaturation) \
  each(RandomSharpness) \
  each(RandomShear) \
  each(RandomSolarization) \
  each(RandomTranslation) \
  each(RandomTranspose) \
  each(RandomTurn) \
  each(RandomZoom) \
  each(Resize) \
  each(Sequence) \
  each(SomeOf) \
  each(TrivialAugment)
// clang-format on

// Compiled once, in list.cpp.
#define LATHE_DECLARE(T)                                         \
  extern template std::shared_ptr<const Augmentation::Interface> \
  Augmentation::hold(T operation);
LATHE_AUGMENTATIONS(LATHE_DECLARE)
#undef LATHE_DECLARE

}  // namespace lathe::augment
