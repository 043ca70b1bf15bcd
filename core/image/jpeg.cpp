#include "core/image/jpeg.h"

#include <algorithm>

#include "core/error.h"
#include "core/image/completeness.h"
#include "core/image/jpeg_reader.h"
#include "core/image/scratch.h"

namespace lathe::image {
namespace {

// Turns or mirrors as EXIF says: output pixel (y, x) comes from where.
Tensor upright(const Tensor& image, int orientation) {
  if (orientation == 1) return image;
  const std::int64_t height = image.shape()[0];
  const std::int64_t width = image.shape()[1];
  const std::int64_t channels = image.shape()[2];
  const bool turned = orientation >= 5;
  Tensor result({turned ? width : height, turned ? height : width, channels},
                DType::uint8);
  const auto* from = image.data<std::uint8_t>();
  auto* to = result.data<std::uint8_t>();
  for (std::int64_t y = 0; y < result.shape()[0]; ++y) {
    for (std::int64_t x = 0; x < result.shape()[1]; ++x) {
      std::int64_t row = turned ? x : y;
      std::int64_t column = turned ? y : x;
      if (orientation == 2 || orientation == 3 || orientation == 7 ||
          orientation == 8) {
        column = width - 1 - column;
      }
      if (orientation == 3 || orientation == 4 || orientation == 6 ||
          orientation == 7) {
        row = height - 1 - row;
      }
      const std::uint8_t* pixel = from + (row * width + column) * channels;
      to = std::copy_n(pixel, channels, to);
    }
  }
  return result;
}

// The smallest part (of a half, a quarter, an eighth, which libjpeg-turbo has
// vector code for) that leaves at least the size asked for.
int part_for(std::int64_t width, std::int64_t height,
             const ReadOptions& options) {
  int chosen = 1;
  if (options.least_height <= 0 || options.least_width <= 0) return chosen;
  for (const int part : {2, 4, 8}) {
    if ((height + part - 1) / part >= options.least_height &&
        (width + part - 1) / part >= options.least_width) {
      chosen = part;
    }
  }
  return chosen;
}

}  // namespace

bool is_jpeg(std::span<const std::uint8_t> bytes) {
  return bytes.size() > 2 && bytes[0] == 0xFF && bytes[1] == 0xD8;
}

Tensor decode_jpeg(std::span<const std::uint8_t> bytes, std::string_view name,
                   std::int64_t channels, const ReadOptions& options,
                   Memory memory) {
  JpegReader reader(bytes, std::string(name));
  const std::int64_t height = reader.height();
  const std::int64_t width = reader.width();
  if (width * height > kMostPixels) {
    fail(name, ": claims ", width, " x ", height,
         " pixels; at most 2^28 are read");
  }
  // Of every 8 x 8 of them a bit at least is stored.
  constexpr std::uint64_t kMostOfAByte = 8 * 64;
  require_room(static_cast<std::uint64_t>(width * height), bytes.size(),
               kMostOfAByte, name);
  const bool turned = reader.orientation() >= 5;
  reader.start(channels, turned ? part_for(height, width, options)
                                : part_for(width, height, options));
  const TensorSpec spec{{reader.height(), reader.width(), channels},
                        DType::uint8};
  const Tensor image =
      memory == Memory::own
          ? Tensor::uninitialized(spec.shape, spec.dtype)
          : Tensor(spec, scratch(spec.bytes()).data(), nullptr);
  const auto stride = static_cast<std::size_t>(reader.width() * channels);
  const std::span<std::uint8_t> pixels = image.values<std::uint8_t>();
  for (std::size_t at = 0; at < pixels.size(); at += stride) {
    reader.read(pixels.subspan(at, stride));
  }
  reader.finish();
  return upright(image, reader.orientation());
}

}  // namespace lathe::image
