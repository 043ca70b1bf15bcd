#include "core/image/completeness.h"

#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "core/deflate.h"
#include "core/error.h"
#include "core/image/byte_order.h"

namespace lathe::image {
namespace {

using Bytes = std::span<const std::uint8_t>;

bool begins(Bytes bytes, std::string_view text) {
  return bytes.size() >= text.size() &&
         std::equal(text.begin(), text.end(), bytes.begin(),
                    [](char a, std::uint8_t b) {
                      return static_cast<std::uint8_t>(a) == b;
                    });
}

// A code of 12 bits stands for at most 4096 pixels.
constexpr std::uint64_t kMostOfLzw = 2731;

// PNG specification, table 11.1: channels of each colour type.
std::uint64_t claimed_by_png(Bytes bytes) {
  constexpr std::array<std::uint64_t, 7> kChannels{1, 1, 3, 1, 2, 1, 4};
  const std::uint64_t channels = bytes[25] < 7 ? kChannels[bytes[25]] : 1;
  return std::uint64_t{big_endian(bytes, 16)} * big_endian(bytes, 20) *
         bytes[24] * channels / 8;
}

void require_png(Bytes bytes, std::string_view name) {
  std::uint64_t packed = 0;
  for (std::size_t at = 8; at + 12 <= bytes.size();) {
    const std::size_t length = big_endian(bytes, at);
    if (length > bytes.size() - at - 12) break;
    const Bytes chunk = bytes.subspan(at + 4, length + 4);
    // A small first letter marks what a picture can do without.
    const bool needed = (chunk[0] & 0x20) == 0;
    if (needed && libdeflate_crc32(0, chunk.data(), chunk.size()) !=
                      big_endian(bytes, at + 8 + length)) {
      fail(name, ": damaged PNG: a checksum does not hold");
    }
    if (begins(chunk, "IDAT")) packed += length;
    if (begins(chunk, "IEND")) {
      return require_room(claimed_by_png(bytes), packed, kMostOfDeflate, name);
    }
    at += length + 12;
  }
  fail(name, ": truncated PNG");
}

// GIF89a specification, sections 15 to 24: blocks up to the first picture's
// end.
void require_gif(Bytes bytes, std::string_view name) {
  const auto table_bytes = [](std::uint8_t flags) {
    return (flags & 0x80) == 0 ? std::size_t{0} : std::size_t{6} << (flags & 7);
  };
  std::size_t at =
      bytes.size() < 13 ? bytes.size() : 13 + table_bytes(bytes[10]);
  bool picture = false;
  while (!picture && at + 10 < bytes.size()) {
    picture = bytes[at] == 0x2C;
    at += picture ? 11 + table_bytes(bytes[at + 9]) : 2;
    while (at < bytes.size() && bytes[at] != 0) at += 1 + bytes[at];
    ++at;
  }
  if (!picture || at > bytes.size()) fail(name, ": truncated GIF");
  const std::uint64_t width = little_endian(bytes, 6) & 0xFFFF;
  const std::uint64_t height = little_endian(bytes, 8) & 0xFFFF;
  require_room(width * height, bytes.size(), kMostOfLzw, name);
}

// The largest of a row's indices of `bits` bits each into a palette.
std::size_t largest_index(Bytes row, std::size_t width, std::size_t bits) {
  std::size_t largest = 0;
  for (std::size_t x = 0; x < width; ++x) {
    const std::size_t shift = 8 - bits - x * bits % 8;
    const std::size_t index =
        row[x * bits / 8] >> shift & ((std::size_t{1} << bits) - 1);
    largest = std::max(largest, index);
  }
  return largest;
}

void require_bmp(Bytes bytes, std::string_view name) {
  if (bytes.size() < 30) fail(name, ": truncated BMP");
  const std::size_t begin = little_endian(bytes, 10);
  const std::size_t size = little_endian(bytes, 14);
  const bool old = size == 12;
  const std::uint32_t low = little_endian(bytes, 18);
  const std::size_t width = old ? low & 0xFFFF : low;
  const std::size_t height =
      old ? low >> 16
          : static_cast<std::size_t>(std::abs(std::int64_t{
                static_cast<std::int32_t>(little_endian(bytes, 22))}));
  const std::size_t bits = bytes[old ? 24 : 28];
  if (bits == 0) fail(name, ": claims pixels of 0 bits; a BMP has 1 to 32");
  const std::size_t stride = (width * bits + 31) / 32 * 4;
  if (begin + stride * height > bytes.size()) fail(name, ": truncated BMP");

  if (width == 0 || (bits != 1 && bits != 4 && bits != 8)) return;
  // As many colours as stb_image reads, which takes pixels of others from
  // memory that nobody has written.
  const std::size_t header = old ? 38 : 14 + size;
  const std::size_t colors =
      begin < header ? 0 : (begin - header) / (old ? 3 : 4);
  if (colors >= std::size_t{1} << bits) return;
  for (std::size_t y = 0; y < height; ++y) {
    const std::size_t index =
        largest_index(bytes.subspan(begin + y * stride), width, bits);
    if (index < colors) continue;
    fail(name, ": a pixel of colour ", index, " of a palette of ", colors);
  }
}

}  // namespace

void require_room(std::uint64_t claimed, std::uint64_t packed,
                  std::uint64_t expansion, std::string_view name) {
  if (claimed / expansion <= packed) return;
  fail(name, ": claims ", claimed, " bytes of pixels, more than the ", packed,
       " bytes they are packed in can hold");
}

void require_complete(Bytes bytes, std::string_view name) {
  if (begins(bytes, "\x89PNG\r\n\x1A\n")) require_png(bytes, name);
  if (begins(bytes, "GIF8")) require_gif(bytes, name);
  if (begins(bytes, "BM")) require_bmp(bytes, name);
}

}  // namespace lathe::image
