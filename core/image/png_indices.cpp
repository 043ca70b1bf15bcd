#include "core/image/png_indices.h"

#include <stb/stb_image.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <vector>

#include "core/error.h"

namespace lathe::image {
namespace {

constexpr std::array<std::uint8_t, 8> kSignature{0x89, 'P',  'N',  'G',
                                                 '\r', '\n', 0x1A, '\n'};

std::uint32_t big_endian(std::span<const std::uint8_t> bytes, std::size_t at) {
  return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 |
         std::uint32_t{bytes[at + 2]} << 8 | std::uint32_t{bytes[at + 3]};
}

struct Free {
  void operator()(char* memory) const { std::free(memory); }
};

// The predictor of PNG's fourth filter (PNG specification, section 9.4).
int paeth(int left, int above, int corner) {
  const int estimate = left + above - corner;
  const int to_left = std::abs(estimate - left);
  const int to_above = std::abs(estimate - above);
  const int to_corner = std::abs(estimate - corner);
  if (to_left <= to_above && to_left <= to_corner) return left;
  return to_above <= to_corner ? above : corner;
}

// Undoes a row's filter in place; a pixel is one byte or less.
void unfilter(int filter, std::uint8_t* row, const std::uint8_t* above,
              std::size_t bytes) {
  std::uint8_t left = 0;
  std::uint8_t corner = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    const int up = above == nullptr ? 0 : above[i];
    int prediction = 0;
    if (filter == 1) prediction = left;
    if (filter == 2) prediction = up;
    if (filter == 3) prediction = (left + up) / 2;
    if (filter == 4) prediction = paeth(left, up, corner);
    row[i] = static_cast<std::uint8_t>(row[i] + prediction);
    left = row[i];
    corner = static_cast<std::uint8_t>(up);
  }
}

}  // namespace

std::optional<Tensor> decode_png_indices(std::span<const std::uint8_t> bytes,
                                         std::string_view name) {
  constexpr std::size_t kHeaderEnd = 33;
  if (bytes.size() < kHeaderEnd ||
      !std::equal(kSignature.begin(), kSignature.end(), bytes.begin())) {
    return std::nullopt;
  }
  const std::int64_t width = big_endian(bytes, 16);
  const std::int64_t height = big_endian(bytes, 20);
  const int depth = bytes[24];
  const int colour = bytes[25];
  const bool interlaced = bytes[28] != 0;
  const bool one_channel = colour == 0 || colour == 3;
  if (!one_channel || depth > 8 || depth == 0 || interlaced || width == 0 ||
      height == 0 || width * height > (std::int64_t{1} << 28)) {
    return std::nullopt;
  }
  std::vector<char> packed;
  for (std::size_t at = 8; at + 12 <= bytes.size();) {
    const std::size_t length = big_endian(bytes, at);
    if (length > bytes.size() - at - 12) break;
    const auto type = bytes.subspan(at + 4, 4);
    if (std::equal(type.begin(), type.end(), "IDAT")) {
      const auto body = bytes.subspan(at + 8, length);
      packed.insert(packed.end(), body.begin(), body.end());
    }
    at += 12 + length;
  }
  const auto row_bytes = static_cast<std::size_t>((width * depth + 7) / 8);
  const std::size_t expected =
      (row_bytes + 1) * static_cast<std::size_t>(height);
  int unpacked_bytes = 0;
  const std::unique_ptr<char, Free> unpacked(
      stbi_zlib_decode_malloc_guesssize_headerflag(
          packed.data(), static_cast<int>(packed.size()),
          static_cast<int>(expected), &unpacked_bytes, 1));
  if (!unpacked || static_cast<std::size_t>(unpacked_bytes) < expected) {
    fail(name, ": truncated or damaged PNG");
  }
  const Tensor result = Tensor::uninitialized({height, width, 1}, DType::uint8);
  auto* to = result.data<std::uint8_t>();
  auto* data = reinterpret_cast<std::uint8_t*>(unpacked.get());
  const std::uint8_t* above = nullptr;
  for (std::int64_t y = 0; y < height; ++y) {
    const int filter = *data++;
    if (filter > 4) fail(name, ": damaged PNG: filter ", filter);
    if (filter != 0) unfilter(filter, data, above, row_bytes);
    if (depth == 8) {
      to = std::copy_n(data, width, to);
    } else {
      const int per_byte = 8 / depth;
      for (std::int64_t x = 0; x < width; ++x) {
        const int shift = 8 - depth * (static_cast<int>(x % per_byte) + 1);
        *to++ = static_cast<std::uint8_t>(data[x / per_byte] >> shift &
                                          ((1 << depth) - 1));
      }
    }
    above = data;
    data += row_bytes;
  }
  return result;
}

}  // namespace lathe::image
