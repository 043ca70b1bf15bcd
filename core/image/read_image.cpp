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
#include "core/image/jpeg.h"
#include "core/image/png_indices.h"

namespace lathe::image {
namespace {

struct StbFree {
  void operator()(void* memory) const { stbi_image_free(memory); }
};

struct FileClose {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

std::vector<std::uint8_t> read_bytes(const std::filesystem::path& path) {
  const std::unique_ptr<std::FILE, FileClose> file(
      std::fopen(path.c_str(), "rb"));
  if (!file) fail(path.string(), ": can't be opened: ", std::strerror(errno));
  std::error_code unknown;
  const std::uintmax_t size = std::filesystem::file_size(path, unknown);
  constexpr std::size_t kMostBytes = std::size_t{1} << 30;
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

int stb_size(std::span<const std::uint8_t> bytes, std::string_view name,
             int& width, int& height) {
  int channels = 0;
  const int size = static_cast<int>(
      std::min<std::size_t>(bytes.size(), std::size_t{1} << 30));
  if (bytes.size() > (std::size_t{1} << 30) ||
      stbi_info_from_memory(bytes.data(), size, &width, &height, &channels) ==
          0) {
    fail(name, ": no JPEG, PNG, BMP or GIF that can be read");
  }
  if (std::int64_t{width} * height > (std::int64_t{1} << 28)) {
    fail(name, ": claims ", width, " x ", height,
         " pixels; at most 2^28 are read");
  }
  return size;
}

// A PNG cut off in its data decodes with zeros at the end: its last chunk says
// whether it is whole.
void require_whole_png(std::span<const std::uint8_t> bytes,
                       std::string_view name) {
  constexpr std::array<std::uint8_t, 4> kEnd{'I', 'E', 'N', 'D'};
  const bool png = bytes.size() > 8 && bytes[0] == 0x89 && bytes[1] == 'P';
  if (png && std::search(bytes.begin(), bytes.end(), kEnd.begin(),
                         kEnd.end()) == bytes.end()) {
    fail(name, ": truncated PNG");
  }
}

Tensor decode_by_stb(std::span<const std::uint8_t> bytes, std::string_view name,
                     int channels) {
  int width = 0;
  int height = 0;
  int stored = 0;
  const int size = stb_size(bytes, name, width, height);
  require_whole_png(bytes, name);
  const std::unique_ptr<stbi_uc, StbFree> pixels(stbi_load_from_memory(
      bytes.data(), size, &width, &height, &stored, channels));
  if (!pixels) fail(name, ": truncated or damaged: ", stbi_failure_reason());
  const Tensor image =
      Tensor::uninitialized({height, width, channels}, DType::uint8);
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
  const int size = stb_size(bytes, name, width, height);
  require_whole_png(bytes, name);
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

}  // namespace

Tensor decode_image(std::span<const std::uint8_t> bytes, std::string_view name,
                    const ReadOptions& options) {
  if (bytes.empty()) fail(name, ": the file is empty");
  if (is_jpeg(bytes)) return decode_jpeg(bytes, name, 3, options);
  return decode_by_stb(bytes, name, 3);
}

Tensor read_image(const std::filesystem::path& path,
                  const ReadOptions& options) {
  return decode_image(read_bytes(path), path.string(), options);
}

Tensor decode_mask(std::span<const std::uint8_t> bytes, std::string_view name) {
  if (bytes.empty()) fail(name, ": the file is empty");
  if (is_jpeg(bytes)) return decode_jpeg(bytes, name, 1, {});
  if (auto indices = decode_png_indices(bytes, name)) {
    require_whole_png(bytes, name);
    return *indices;
  }
  if (stbi_is_16_bit_from_memory(bytes.data(),
                                 static_cast<int>(bytes.size())) != 0) {
    return decode_mask_16(bytes, name);
  }
  return grey_of(decode_by_stb(bytes, name, 3), name);
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
