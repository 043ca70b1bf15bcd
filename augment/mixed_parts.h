#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "augment/matrix.h"
#include "core/augmentation/mix.h"

namespace lathe::augment {

/// A rectangle of a mixed image, in whole pixels, the last two edges exclusive,
/// where a sample of the batch, as it was before any mixing, has this weight.
struct MixedPart {
  std::int32_t sample = 0;
  float weight = 1;
  std::int64_t left = 0;
  std::int64_t top = 0;
  std::int64_t right = 0;
  std::int64_t bottom = 0;

  std::int64_t pixels() const { return (right - left) * (bottom - top); }
};

/// What an image consists of: at each pixel the weights sum to 1.
using MixedParts = std::vector<MixedPart>;

/// What a step makes of sample `n` of a batch of images of that size: masks of
/// class ids show these parts, by counted pixels. Throws Error for copy_paste,
/// where parts depend on masks.
void mix_parts(const MixStep& step, std::int64_t n, ImageSize size,
               std::span<const MixedParts> batch, MixedParts& result);

/// Parts of the same weights that are spread evenly: what is left to say once
/// the pixels of an image have moved.
void spread(ImageSize from, ImageSize to, MixedParts& parts);

}  // namespace lathe::augment
