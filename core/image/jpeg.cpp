#include "core/image/jpeg.h"

#include <algorithm>
#include <vector>

#include "core/error.h"
#include "core/image/scratch.h"
#include "core/image/turbojpeg_handle.h"

namespace lathe::image {
namespace {

constexpr std::int64_t kMostPixels = std::int64_t{1} << 28;

// What the segments before the picture say.
struct Segments {
  int orientation = 1;
  bool adobe = false;
};

std::uint32_t number(std::span<const std::uint8_t> bytes, std::size_t at,
                     std::size_t count, bool little) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    value = value << 8 | bytes[at + (little ? count - 1 - i : i)];
  }
  return value;
}

// The orientation (1 to 8) in a TIFF header as EXIF 2.3 has it; 1 where there
// is none or it can't be understood.
int exif_orientation(std::span<const std::uint8_t> tiff) {
  if (tiff.size() < 8) return 1;
  const bool little = tiff[0] == 'I';
  const std::size_t directory = number(tiff, 4, 4, little);
  if (directory + 2 > tiff.size()) return 1;
  const std::size_t entries = number(tiff, directory, 2, little);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + 12 * i;
    if (entry + 12 > tiff.size()) return 1;
    if (number(tiff, entry, 2, little) != 0x0112) continue;
    const auto value = static_cast<int>(number(tiff, entry + 8, 2, little));
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

Segments read_segments(std::span<const std::uint8_t> bytes) {
  Segments segments;
  std::size_t at = 2;
  while (at + 4 <= bytes.size() && bytes[at] == 0xFF) {
    const std::uint8_t marker = bytes[at + 1];
    if (marker == 0xDA || marker == 0xD9) break;
    const std::size_t length = number(bytes, at + 2, 2, false);
    if (length < 2 || at + 2 + length > bytes.size()) break;
    const auto body = bytes.subspan(at + 4, length - 2);
    const auto begins = [&](std::string_view text) {
      return body.size() >= text.size() &&
             std::equal(text.begin(), text.end(), body.begin());
    };
    if (marker == 0xE1 && begins(std::string_view("Exif\0\0", 6))) {
      segments.orientation = exif_orientation(body.subspan(6));
    }
    if (marker == 0xEE && begins("Adobe")) segments.adobe = true;
    at += 2 + length;
  }
  return segments;
}

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

// The smallest scale (in eighths of 8, 4, 2, 1, which libjpeg-turbo has vector
// code for) that leaves at least the size asked for.
tjscalingfactor scale_for(int width, int height, const ReadOptions& options) {
  tjscalingfactor chosen{1, 1};
  if (options.least_height <= 0 || options.least_width <= 0) return chosen;
  for (const int part : {2, 4, 8}) {
    const tjscalingfactor factor{1, part};
    if (TJSCALED(height, factor) >= options.least_height &&
        TJSCALED(width, factor) >= options.least_width) {
      chosen = factor;
    }
  }
  return chosen;
}

// A few bytes of padding before the end of the file, and the header that some
// telephones write, cost no pixel; every other warning means that data is
// missing or wrong.
bool harmless_warning(tjhandle decoder) {
  if (tjGetErrorCode(decoder) != TJERR_WARNING) return false;
  const std::string_view text = tjGetErrorStr2(decoder);
  constexpr std::string_view kCorrupt = "Corrupt JPEG data: ";
  return text.starts_with("Invalid SOS parameters") ||
         (text.starts_with(kCorrupt) &&
          text.substr(std::min(text.size(), kCorrupt.size() + 1)) ==
              " extraneous bytes before marker 0xd9");
}

}  // namespace

bool is_jpeg(std::span<const std::uint8_t> bytes) {
  return bytes.size() > 2 && bytes[0] == 0xFF && bytes[1] == 0xD8;
}

Tensor decode_jpeg(std::span<const std::uint8_t> bytes, std::string_view name,
                   std::int64_t channels, const ReadOptions& options,
                   Memory memory) {
  // A new one each time: after damaged files a decoder may refuse good ones.
  const TurboJpegHandle decoder(tjInitDecompress());
  if (!decoder) fail(name, ": libjpeg-turbo can't start");
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colours = -1;
  const auto size = static_cast<unsigned long>(bytes.size());
  // It refuses samplings it has no name for only after giving the size, and
  // tjDecompress2 reads them all the same.
  if (tjDecompressHeader3(decoder.get(), bytes.data(), size, &width, &height,
                          &subsampling, &colours) != 0 &&
      (width < 1 || height < 1 || colours < 0)) {
    fail(name,
         ": not a JPEG that can be read: ", tjGetErrorStr2(decoder.get()));
  }
  if (std::int64_t{width} * height > kMostPixels) {
    fail(name, ": claims ", width, " x ", height,
         " pixels; at most 2^28 are read");
  }
  // Of every 8 x 8 of them a bit at least is stored.
  constexpr std::int64_t kMostOfAByte = 8 * 64;
  if (std::int64_t{width} * height / kMostOfAByte >
      static_cast<std::int64_t>(bytes.size())) {
    fail(name, ": claims ", width, " x ", height, " pixels, more than ",
         bytes.size(), " bytes can hold");
  }
  const Segments segments = read_segments(bytes);
  const bool cmyk = colours == TJCS_CMYK || colours == TJCS_YCCK;
  const bool turned = segments.orientation >= 5;
  const tjscalingfactor scale = turned ? scale_for(height, width, options)
                                       : scale_for(width, height, options);
  const int format = cmyk ? TJPF_CMYK : channels == 1 ? TJPF_GRAY : TJPF_RGB;
  const TensorSpec spec{
      {TJSCALED(height, scale), TJSCALED(width, scale), cmyk ? 4 : channels},
      DType::uint8};
  Tensor image = memory == Memory::own
                     ? Tensor::uninitialized(spec.shape, spec.dtype)
                     : Tensor(spec, scratch(spec.bytes()).data(), nullptr);
  if (tjDecompress2(
          decoder.get(), bytes.data(), size, image.data<std::uint8_t>(),
          static_cast<int>(image.shape()[1]), 0,
          static_cast<int>(image.shape()[0]), format, TJFLAG_LIMITSCANS) != 0 &&
      !harmless_warning(decoder.get())) {
    fail(name, ": truncated or damaged: ", tjGetErrorStr2(decoder.get()));
  }
  if (cmyk) {
    // Adobe writes ink inverted: what is stored is the light that is left.
    Tensor colour({image.shape()[0], image.shape()[1], channels}, DType::uint8);
    const auto* from = image.data<std::uint8_t>();
    auto* to = colour.data<std::uint8_t>();
    const std::int64_t pixels = image.elements() / 4;
    for (std::int64_t i = 0; i < pixels; ++i, from += 4) {
      const auto light = [&](int c) {
        return segments.adobe ? from[c] : 255 - from[c];
      };
      for (std::int64_t c = 0; c < channels; ++c) {
        *to++ = static_cast<std::uint8_t>(
            (light(static_cast<int>(c)) * light(3) + 127) / 255);
      }
    }
    image = colour;
  }
  return upright(image, segments.orientation);
}

}  // namespace lathe::image
