#pragma once

#include <vector>

#include "augment/box.h"
#include "augment/keypoint.h"

namespace lathe::augment {

/// The objects of one image.
struct Annotations {
  std::vector<Box> boxes;
  std::vector<Keypoint> keypoints;
};

struct FollowOptions {
  /// Boxes of which less than this share is seen become invalid.
  float minimum_visibility = 0;
};

}  // namespace lathe::augment
