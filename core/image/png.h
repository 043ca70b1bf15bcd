#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/tensor.h"

namespace lathe::image {

/// Whether the bytes begin as a PNG's do.
bool is_png(std::span<const std::uint8_t> bytes);

/// What a PNG stores, as uint8 (H, W, channels): the palette indices or
/// unscaled grey levels of at most 8 bits that picture readers hide (1), or RGB
/// of 8 bits (3). Nothing where the file stores anything else. It must be
/// complete; throws Error for a damaged one.
std::optional<Tensor> decode_png(std::span<const std::uint8_t> bytes,
                                 std::string_view name, std::int64_t channels);

}  // namespace lathe::image
