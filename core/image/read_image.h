#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "core/tensor.h"

namespace lathe::image {

struct ReadOptions {
  /// If both are given, a JPEG at least twice as large may be decoded smaller,
  /// but not below these, which takes a fraction of the time.
  std::int64_t least_height = 0;
  std::int64_t least_width = 0;
};

/// Reads a photograph as uint8 (H, W, 3), upright: JPEG (baseline, progressive,
/// grey, CMYK; turned as its EXIF orientation says), PNG, BMP, or the first
/// picture of a GIF. Alpha is dropped, 16 bits become 8. Throws Error naming
/// the file where it can't be read, is truncated, or claims over 2^28 pixels.
Tensor read_image(const std::filesystem::path& path,
                  const ReadOptions& options = {});

/// The same, resized to `result`, uint8 (H, W, 3), as resize_bilinear does.
void read_image(const std::filesystem::path& path, const Tensor& result);

/// The first from memory; `name` is for errors.
Tensor decode_image(std::span<const std::uint8_t> bytes, std::string_view name,
                    const ReadOptions& options = {});

/// Reads a mask as uint8 (H, W, 1), with the numbers that the file stores: grey
/// levels, or the indices of a palette PNG. 16-bit values must fit 8 bits.
/// Throws Error as read_image does, and where the mask is coloured.
Tensor read_mask(const std::filesystem::path& path);
Tensor decode_mask(std::span<const std::uint8_t> bytes, std::string_view name);

/// Whether the name ends like a picture's that read_image knows.
bool is_image_name(const std::filesystem::path& path);

}  // namespace lathe::image
