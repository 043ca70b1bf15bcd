#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/image/read_image.h"

namespace lathe::image {

bool is_jpeg(std::span<const std::uint8_t> bytes);

/// A JPEG as uint8 (H, W, channels), 3 or 1, upright.
Tensor decode_jpeg(std::span<const std::uint8_t> bytes, std::string_view name,
                   std::int64_t channels, const ReadOptions& options);

}  // namespace lathe::image
