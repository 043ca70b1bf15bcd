#pragma once

#include "models/unet.h"

namespace lathe::train {

/// A U-Net of two levels that a test can train, for images of side x side.
inline models::Model small_unet(std::int64_t side) {
  models::Model model = models::unet(
      {.size = {side, side}, .entry_filters = 4, .filters = {8, 12}});
  model.initialize(3);
  return model;
}

}  // namespace lathe::train
