#pragma once

#include <cstdint>

namespace lathe::augment {

/// As COCO has it: what is `unlabelled`, as points beyond the image become, is
/// nowhere, its position 0, 0; what is `hidden` is behind something.
enum class Visibility : std::int32_t { unlabelled, hidden, visible };

/// A point of an object, in pixels as a Box's edges are: the middle of pixel i
/// is at i + 0.5.
struct Keypoint {
  float x = 0;
  float y = 0;
  Visibility visibility = Visibility::visible;
  /// The place of its object's box in the sample's list, or -1 for none.
  std::int32_t box = -1;
};

}  // namespace lathe::augment
