#pragma once

#include <filesystem>
#include <string>

#include "core/tensor.h"

namespace lathe::image {

/// The bytes of a PNG of uint8 (H, W, C), C = 1, 3 or 4. Throws Error.
std::string encode_png(const Tensor& image);

/// The same of a JPEG, of 1 or 3 channels; quality is 1 to 100.
std::string encode_jpeg(const Tensor& image, int quality = 75);

/// Writes uint8 (H, W, C), C = 1, 3 or 4, as PNG; the file is there whole or
/// not at all. Throws Error naming the file.
void write_png(const std::filesystem::path& path, const Tensor& image);

/// The same as JPEG, of 1 or 3 channels; quality is 1 to 100.
void write_jpeg(const std::filesystem::path& path, const Tensor& image,
                int quality = 75);

/// One of these as the name ends: .png, .jpg or .jpeg.
void write_image(const std::filesystem::path& path, const Tensor& image);

}  // namespace lathe::image
