#pragma once

#include <cstdint>
#include <span>

namespace lathe::image {

/// Extents of an image of interleaved bytes; 1 or 3 channels.
struct ByteImageSize {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t channels = 0;
};

/// Makes a JPEG of an image, with colours at half the resolution as cameras
/// have them and by libjpeg's accurate transforms, and reads it back into the
/// same bytes. Quality is 1 to 100, as libjpeg counts it.
void recompress_jpeg(std::span<std::uint8_t> pixels, const ByteImageSize& size,
                     int quality);

}  // namespace lathe::image
