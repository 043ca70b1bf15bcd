#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/tensor.h"

namespace lathe::image {

/// The numbers that a PNG of one channel and at most 8 bits stores, (H, W, 1):
/// palette indices or unscaled grey levels, which picture readers hide. Nothing
/// where the file is another kind of PNG, or no PNG. The file must be complete;
/// throws Error for a damaged one.
std::optional<Tensor> decode_png_indices(std::span<const std::uint8_t> bytes,
                                         std::string_view name);

}  // namespace lathe::image
