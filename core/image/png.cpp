#include "core/image/png.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "core/deflate.h"
#include "core/error.h"
#include "core/image/byte_order.h"
#include "core/image/scratch.h"

namespace lathe::image {
namespace {

constexpr std::size_t kSignature = 8;
constexpr std::size_t kHeaderEnd = 33;

struct Header {
  std::int64_t width;
  std::int64_t height;
  int depth;
  int channels;
  bool interlaced;
};

// A part of the picture that is stored on its own: every step-th pixel.
struct Pass {
  std::int64_t left;
  std::int64_t top;
  std::int64_t column_step;
  std::int64_t row_step;
};

constexpr std::array<Pass, 1> kWhole{{{0, 0, 1, 1}}};
// PNG specification, 8.2: Adam7.
constexpr std::array<Pass, 7> kAdam7{{{0, 0, 8, 8},
                                      {4, 0, 8, 8},
                                      {0, 4, 4, 8},
                                      {2, 0, 4, 4},
                                      {0, 2, 2, 4},
                                      {1, 0, 2, 2},
                                      {0, 1, 1, 2}}};

// Nothing where this is no PNG of a kind that is read here.
std::optional<Header> read_header(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < kHeaderEnd || !is_png(bytes)) return std::nullopt;
  constexpr std::uint8_t kGrey = 0;
  constexpr std::uint8_t kRgb = 2;
  constexpr std::uint8_t kPalette = 3;
  const int depth = bytes[24];
  const std::uint8_t colour = bytes[25];
  const bool one = (colour == kGrey || colour == kPalette) &&
                   (depth == 1 || depth == 2 || depth == 4 || depth == 8);
  if (!one && !(colour == kRgb && depth == 8)) return std::nullopt;
  return Header{.width = static_cast<std::int64_t>(big_endian(bytes, 16)),
                .height = static_cast<std::int64_t>(big_endian(bytes, 20)),
                .depth = depth,
                .channels = one ? 1 : 3,
                .interlaced = bytes[28] != 0};
}

// The picture's packed bytes; most files have them in one piece.
std::vector<std::uint8_t> packed_bytes(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kData = "IDAT";
  std::vector<std::uint8_t> packed;
  for (std::size_t at = kSignature; at + 12 <= bytes.size();) {
    const std::size_t length = big_endian(bytes, at);
    const auto chunk = bytes.subspan(at + 4);
    if (length + 8 > chunk.size()) break;
    if (std::equal(kData.begin(), kData.end(), chunk.begin())) {
      packed.insert(packed.end(), chunk.begin() + 4,
                    chunk.begin() + 4 + static_cast<std::ptrdiff_t>(length));
    }
    at += length + 12;
  }
  return packed;
}

std::uint8_t paeth(int left, int above, int corner) {
  const int from_left = std::abs(above - corner);
  const int from_above = std::abs(left - corner);
  const int from_corner = std::abs(left + above - 2 * corner);
  if (from_left <= from_above && from_left <= from_corner) {
    return static_cast<std::uint8_t>(left);
  }
  return static_cast<std::uint8_t>(from_above <= from_corner ? above : corner);
}

// Undoes a row's filter in place (PNG specification, 9.2). Before the first
// pixel and above the first row there are zeros.
template <std::size_t kStep>
void unfilter(int filter, std::span<std::uint8_t> row,
              const std::uint8_t* above, std::string_view name) {
  const auto add = [](std::uint8_t& value, int more) {
    value = static_cast<std::uint8_t>(value + more);
  };
  const std::size_t first = std::min(kStep, row.size());
  switch (filter) {
    case 0:
      return;
    case 1:
      for (std::size_t i = kStep; i < row.size(); ++i) {
        add(row[i], row[i - kStep]);
      }
      return;
    case 2:
      for (std::size_t i = 0; i < row.size(); ++i) add(row[i], above[i]);
      return;
    case 3:
      for (std::size_t i = 0; i < first; ++i) add(row[i], above[i] / 2);
      for (std::size_t i = kStep; i < row.size(); ++i) {
        add(row[i], (row[i - kStep] + above[i]) / 2);
      }
      return;
    case 4:
      for (std::size_t i = 0; i < first; ++i) add(row[i], above[i]);
      for (std::size_t i = kStep; i < row.size(); ++i) {
        add(row[i], paeth(row[i - kStep], above[i], above[i - kStep]));
      }
      return;
    default:
      fail(name, ": damaged PNG: there is no filter ", filter);
  }
}

// Puts a row's pixels where they belong, `step` values apart.
void place(std::span<const std::uint8_t> row, const Header& header,
           std::int64_t count, std::int64_t step, std::uint8_t* to) {
  if (header.depth == 8) {
    if (step == header.channels) {
      std::copy(row.begin(), row.end(), to);
      return;
    }
    const std::uint8_t* from = row.data();
    for (std::int64_t i = 0; i < count; ++i, from += header.channels) {
      std::copy_n(from, header.channels, to + i * step);
    }
    return;
  }
  const int mask = (1 << header.depth) - 1;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t bit = i * header.depth;
    const int shift = static_cast<int>(8 - header.depth - bit % 8);
    to[i * step] = static_cast<std::uint8_t>(
        row[static_cast<std::size_t>(bit / 8)] >> shift & mask);
  }
}

}  // namespace

bool is_png(std::span<const std::uint8_t> bytes) {
  constexpr std::array<std::uint8_t, kSignature> kBegin{0x89, 'P',  'N',  'G',
                                                        '\r', '\n', 0x1A, '\n'};
  return bytes.size() >= kBegin.size() &&
         std::ranges::equal(bytes.first(kBegin.size()), kBegin);
}

std::optional<Tensor> decode_png(std::span<const std::uint8_t> bytes,
                                 std::string_view name, std::int64_t channels) {
  const std::optional<Header> header = read_header(bytes);
  if (!header || header->channels != channels) return std::nullopt;
  const auto extent = [](std::int64_t size, std::int64_t begin,
                         std::int64_t step) {
    return (size - begin + step - 1) / step;
  };
  const auto row_bytes = [&](std::int64_t width) {
    return static_cast<std::size_t>(
        (width * header->channels * header->depth + 7) / 8);
  };
  const std::span<const Pass> passes =
      header->interlaced ? std::span<const Pass>(kAdam7) : kWhole;
  std::size_t total = 0;
  for (const Pass& pass : passes) {
    const auto width = extent(header->width, pass.left, pass.column_step);
    const auto height = extent(header->height, pass.top, pass.row_step);
    if (width > 0)
      total += (1 + row_bytes(width)) * static_cast<std::size_t>(height);
  }
  // Some writers pack a little more than the picture, which nobody looks at.
  constexpr std::size_t kMostBeyond = 4096;
  const std::vector<std::uint8_t> packed = packed_bytes(bytes);
  const std::span<std::uint8_t> rows = scratch(total + kMostBeyond);
  const auto unpacked = unpack(packed, rows);
  if (!unpacked || *unpacked < total) {
    fail(name, ": damaged PNG: its ", header->height, " x ", header->width,
         " pixels can't be unpacked");
  }
  const Tensor result = Tensor::uninitialized(
      {header->height, header->width, header->channels}, DType::uint8);
  std::uint8_t* at = rows.data();
  for (const Pass& pass : passes) {
    const auto width = extent(header->width, pass.left, pass.column_step);
    const auto height = extent(header->height, pass.top, pass.row_step);
    if (width < 1) continue;
    const std::size_t count = row_bytes(width);
    const std::vector<std::uint8_t> zeros(count);
    const std::uint8_t* above = zeros.data();
    for (std::int64_t y = 0; y < height; ++y, at += 1 + count) {
      const std::span<std::uint8_t> row(at + 1, count);
      if (header->channels == 1) {
        unfilter<1>(*at, row, above, name);
      } else {
        unfilter<3>(*at, row, above, name);
      }
      place(row, *header, width, pass.column_step * header->channels,
            result.data<std::uint8_t>() +
                ((pass.top + y * pass.row_step) * header->width + pass.left) *
                    header->channels);
      above = row.data();
    }
  }
  return result;
}

}  // namespace lathe::image
