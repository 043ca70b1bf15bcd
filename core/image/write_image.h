#pragma once

#include <filesystem>

#include "core/tensor.h"

namespace lathe::image {

/// Writes uint8 (H, W, C), C = 1, 3 or 4, as PNG; the file is there whole or
/// not at all. Throws Error naming the file.
void write_png(const std::filesystem::path& path, const Tensor& image);

}  // namespace lathe::image
