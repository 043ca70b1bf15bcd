#include "core/image/read_image.h"

#include <stb/stb_image.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "core/error.h"
#include "core/image/byte_order.h"
#include "core/image/completeness.h"
#include "core/image/jpeg.h"
#include "core/image/open_file.h"
#include "core/image/png.h"
#include "core/image/resize.h"

namespace lathe::image {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 30;

struct StbFree {
  void operator()(void* memory) const { stbi_image_free(memory); }
};

std::vector<std::uint8_t> read_bytes(const std::filesystem::path& path) {
  const OpenFile file = open_file(path);
  std::error_code unknown;
  const std::uintmax_t size = std::filesystem::file_size(path, unknown);
  if (unknown || size > kMostBytes) {
    fail(path.string(), ": no file, or one of over 2^30 bytes");
  }
  std::vector<std::uint8_t> bytes(size);
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file.get()));
  if (std::ferror(file.get()) != 0) {
    fail(path.string(), ": can't be read: ", std::strerror(errno));
  }
  return bytes;
}

// Of at most 32 bits, the product of which 64 just hold.
void require_sane(std::uint64_t width, std::uint64_t height,
                  std::string_view name) {
  if (width * height > static_cast<std::uint64_t>(kMostPixels)) {
    fail(name, ": claims ", width, " x ", height,
         " pixels; at most 2^28 are read");
  }
}

// Checks what stb_image does not.
void check(std::span<const std::uint8_t> bytes, std::string_view name) {
  if (bytes.size() > kMostBytes) fail(name, ": is larger than 2^30 bytes");
  // The size of a PNG that it finds too large stb_image would not tell.
  constexpr std::size_t kHeader = 24;
  if (bytes.size() >= kHeader && is_png(bytes)) {
    require_sane(big_endian(bytes, 16), big_endian(bytes, 20), name);
  }
  const auto size = static_cast<int>(bytes.size());
  int width = 0;
  int height = 0;
  int channels = 0;
  if (stbi_info_from_memory(bytes.data(), size, &width, &height, &channels) ==
      0) {
    fail(name, ": no JPEG, PNG, BMP or GIF that can be read");
  }
  require_sane(static_cast<std::uint64_t>(width),
               static_cast<std::uint64_t>(height), name);
  require_complete(bytes, name);
}

Tensor decode_by_stb(std::span<const std::uint8_t> bytes,
                     std::string_view name) {
  constexpr int kChannels = 3;
  int width = 0;
  int height = 0;
  int stored = 0;
  const auto size = static_cast<int>(bytes.size());
  const std::unique_ptr<stbi_uc, StbFree> pixels(stbi_load_from_memory(
      bytes.data(), size, &width, &height, &stored, kChannels));
  if (!pixels) fail(name, ": truncated or damaged: ", stbi_failure_reason());
  const Tensor image =
      Tensor::uninitialized({height, width, kChannels}, DType::uint8);
  std::copy_n(pixels.get(), image.elements(), image.data<std::uint8_t>());
  return image;
}

Tensor grey_of(const Tensor& image, std::string_view name) {
  Tensor grey({image.shape()[0], image.shape()[1], 1}, DType::uint8);
  const auto* from = image.data<std::uint8_t>();
  for (std::uint8_t& value : grey.values<std::uint8_t>()) {
    if (from[0] != from[1] || from[0] != from[2]) {
      fail(name, ": a coloured mask, with a pixel of ", int{from[0]}, ", ",
           int{from[1]}, ", ", int{from[2]},
           "; masks are grey or have a palette");
    }
    value = from[0];
    from += 3;
  }
  return grey;
}

// 16-bit masks hold either ids or 8-bit values stretched to 16 bits.
Tensor decode_mask_16(std::span<const std::uint8_t> bytes,
                      std::string_view name) {
  int width = 0;
  int height = 0;
  int stored = 0;
  const auto size = static_cast<int>(bytes.size());
  const std::unique_ptr<stbi_us, StbFree> pixels(stbi_load_16_from_memory(
      bytes.data(), size, &width, &height, &stored, 1));
  if (!pixels) fail(name, ": truncated or damaged: ", stbi_failure_reason());
  if (stored > 2) fail(name, ": a coloured 16-bit mask; masks are grey");
  Tensor mask({height, width, 1}, DType::uint8);
  const std::span<const stbi_us> values(
      pixels.get(), static_cast<std::size_t>(mask.elements()));
  const bool ids = std::all_of(values.begin(), values.end(),
                               [](stbi_us v) { return v <= 255; });
  std::transform(values.begin(), values.end(), mask.data<std::uint8_t>(),
                 [&](stbi_us v) {
                   if (!ids && v % 257 != 0) {
                     fail(name, ": a mask value of ", v,
                          "; values up to 255 can be classes");
                   }
                   return static_cast<std::uint8_t>(ids ? v : v / 257);
                 });
  return mask;
}

Tensor decode_photograph(std::span<const std::uint8_t> bytes,
                         std::string_view name, const ReadOptions& options,
                         Memory memory) {
  if (bytes.empty()) fail(name, ": the file is empty");
  if (is_jpeg(bytes)) return decode_jpeg(bytes, name, 3, options, memory);
  check(bytes, name);
  const auto stored = decode_png(bytes, name, 3);
  return stored ? *stored : decode_by_stb(bytes, name);
}

}  // namespace

OpenFile open_file(const std::filesystem::path& path) {
  OpenFile file(std::fopen(path.c_str(), "rb"));
  if (!file) fail(path.string(), ": can't be opened: ", std::strerror(errno));
  return file;
}

Tensor decode_image(std::span<const std::uint8_t> bytes, std::string_view name,
                    const ReadOptions& options) {
  return decode_photograph(bytes, name, options, Memory::own);
}

Tensor read_image(const std::filesystem::path& path,
                  const ReadOptions& options) {
  return decode_image(read_bytes(path), path.string(), options);
}

void read_image(const std::filesystem::path& path, const Tensor& result) {
  const ReadOptions options{.least_height = result.shape()[0],
                            .least_width = result.shape()[1]};
  resize_bilinear(decode_photograph(read_bytes(path), path.string(), options,
                                    Memory::scratch),
                  result);
}

Tensor decode_mask(std::span<const std::uint8_t> bytes, std::string_view name) {
  if (bytes.empty()) fail(name, ": the file is empty");
  if (is_jpeg(bytes)) return decode_jpeg(bytes, name, 1, {}, Memory::own);
  check(bytes, name);
  if (const auto stored = decode_png(bytes, name, 1)) return *stored;
  if (stbi_is_16_bit_from_memory(bytes.data(),
                                 static_cast<int>(bytes.size())) != 0) {
    return decode_mask_16(bytes, name);
  }
  return grey_of(decode_by_stb(bytes, name), name);
}

Tensor read_mask(const std::filesystem::path& path) {
  return decode_mask(read_bytes(path), path.string());
}

bool is_image_name(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  constexpr std::array<std::string_view, 6> kKnown{".jpg", ".jpeg", ".png",
                                                   ".bmp", ".gif",  ".jpe"};
  return std::find(kKnown.begin(), kKnown.end(), extension) != kKnown.end();
}

}  // namespace lathe::image
