#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/image/read_image.h"

namespace lathe::image {

/// What is read in one piece.
inline constexpr std::int64_t kMostPixels = std::int64_t{1} << 28;

bool is_jpeg(std::span<const std::uint8_t> bytes);

/// Where a picture is written: in memory of its own, or in the thread's
/// scratch, where it must be used before that is asked for again.
enum class Memory { own, scratch };

/// A JPEG as uint8 (H, W, channels), 3 or 1, upright.
Tensor decode_jpeg(std::span<const std::uint8_t> bytes, std::string_view name,
                   std::int64_t channels, const ReadOptions& options,
                   Memory memory);

}  // namespace lathe::image
