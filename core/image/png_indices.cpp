#include "core/image/png_indices.h"

#include <stb/stb_image.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "core/error.h"

namespace lathe::image {
namespace {

constexpr std::size_t kDepthAt = 24;
constexpr std::size_t kColourAt = 25;
constexpr std::uint8_t kGrey = 0;
constexpr std::uint8_t kPalette = 3;

struct StbFree {
  void operator()(void* memory) const { stbi_image_free(memory); }
};

// The same file as if its palette were none: one of grey levels, whose
// transparency is not looked at. stb_image checks no checksums.
std::vector<std::uint8_t> as_grey(std::span<const std::uint8_t> bytes) {
  std::vector<std::uint8_t> grey(bytes.begin(), bytes.end());
  grey[kColourAt] = kGrey;
  for (std::size_t at = 8; at + 12 <= grey.size();) {
    const auto chunk = grey.begin() + static_cast<std::ptrdiff_t>(at);
    constexpr std::string_view kTransparency = "tRNS";
    if (std::equal(kTransparency.begin(), kTransparency.end(), chunk + 4)) {
      chunk[4] = 'x';
    }
    std::size_t length = 0;
    for (int i = 0; i < 4; ++i) length = length << 8 | chunk[i];
    at += length + 12;
  }
  return grey;
}

}  // namespace

std::optional<Tensor> decode_png_indices(std::span<const std::uint8_t> bytes,
                                         std::string_view name) {
  constexpr std::size_t kHeaderEnd = 33;
  if (bytes.size() < kHeaderEnd || bytes[0] != 0x89 || bytes[1] != 'P' ||
      (bytes[kColourAt] != kGrey && bytes[kColourAt] != kPalette) ||
      bytes[kDepthAt] > 8) {
    return std::nullopt;
  }
  const std::vector<std::uint8_t> grey = as_grey(bytes);
  int width = 0;
  int height = 0;
  int channels = 0;
  const std::unique_ptr<stbi_uc, StbFree> pixels(
      stbi_load_from_memory(grey.data(), static_cast<int>(grey.size()), &width,
                            &height, &channels, 1));
  if (!pixels) fail(name, ": damaged PNG: ", stbi_failure_reason());
  const Tensor result = Tensor::uninitialized({height, width, 1}, DType::uint8);
  auto* to = result.data<std::uint8_t>();
  const int stretch = 255 / ((1 << bytes[kDepthAt]) - 1);
  if (stretch == 1) {
    std::copy_n(pixels.get(), result.elements(), to);
  } else {
    // stb_image stretches levels of fewer bits to 0 .. 255.
    std::transform(
        pixels.get(), pixels.get() + result.elements(), to,
        [&](int level) { return static_cast<std::uint8_t>(level / stretch); });
  }
  return result;
}

}  // namespace lathe::image
