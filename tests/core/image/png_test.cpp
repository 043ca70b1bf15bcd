#include "core/image/png.h"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/philox.h"

namespace lathe::image {
namespace {

using Bytes = std::vector<std::uint8_t>;

// A picture and how it is to be stored.
struct Picture {
  std::int64_t width;
  std::int64_t height;
  int depth;
  std::int64_t channels;
  Bytes values;
  Bytes filters;  ///< a row
};

Picture draw(Philox& random, int depth, std::int64_t channels) {
  const auto below = [&](std::uint32_t count) { return random.below(count); };
  Picture picture{.width = 1 + below(40),
                  .height = 1 + below(12),
                  .depth = depth,
                  .channels = channels};
  picture.values.resize(
      static_cast<std::size_t>(picture.width * picture.height * channels));
  for (std::uint8_t& value : picture.values) {
    value = static_cast<std::uint8_t>(below(1U << depth));
  }
  for (std::int64_t y = 0; y < picture.height; ++y) {
    picture.filters.push_back(static_cast<std::uint8_t>(below(5)));
  }
  return picture;
}

// The rows as the PNG specification stores them (sections 7.2 and 9.2), with
// the filters' names of there.
Bytes stored_rows(const Picture& picture) {
  const std::int64_t length =
      (picture.width * picture.channels * picture.depth + 7) / 8;
  const std::int64_t step = picture.depth == 8 ? picture.channels : 1;
  Bytes raw(static_cast<std::size_t>(length * picture.height));
  for (std::int64_t y = 0; y < picture.height; ++y) {
    for (std::int64_t i = 0; i < picture.width * picture.channels; ++i) {
      const int value = picture.values[static_cast<std::size_t>(
          y * picture.width * picture.channels + i)];
      const std::int64_t bit = i * picture.depth;
      raw[static_cast<std::size_t>(y * length + bit / 8)] |=
          static_cast<std::uint8_t>(value << (8 - picture.depth - bit % 8));
    }
  }
  const auto byte = [&](std::int64_t y, std::int64_t i) {
    return y < 0 || i < 0 ? 0
                          : int{raw[static_cast<std::size_t>(y * length + i)]};
  };
  Bytes rows;
  for (std::int64_t y = 0; y < picture.height; ++y) {
    const int filter = picture.filters[static_cast<std::size_t>(y)];
    rows.push_back(static_cast<std::uint8_t>(filter));
    for (std::int64_t i = 0; i < length; ++i) {
      const int a = byte(y, i - step);
      const int b = byte(y - 1, i);
      const int c = byte(y - 1, i - step);
      const int p = a + b - c;
      const int pa = std::abs(p - a);
      const int pb = std::abs(p - b);
      const int pc = std::abs(p - c);
      const int paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
      const int predicted[] = {0, a, b, (a + b) / 2, paeth};
      rows.push_back(static_cast<std::uint8_t>(byte(y, i) - predicted[filter]));
    }
  }
  return rows;
}

void append(Bytes& bytes, std::uint32_t number) {
  for (const int shift : {24, 16, 8, 0}) {
    bytes.push_back(static_cast<std::uint8_t>(number >> shift));
  }
}

void append_chunk(Bytes& bytes, std::string_view type, Bytes content) {
  append(bytes, static_cast<std::uint32_t>(content.size()));
  content.insert(content.begin(), type.begin(), type.end());
  bytes.insert(bytes.end(), content.begin(), content.end());
  append(bytes, libdeflate_crc32(0, content.data(), content.size()));
}

// A PNG of these rows, its data in pieces of `piece` bytes.
Bytes png(const Picture& picture, const Bytes& rows, std::size_t piece) {
  Bytes bytes{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  Bytes header;
  append(header, static_cast<std::uint32_t>(picture.width));
  append(header, static_cast<std::uint32_t>(picture.height));
  const std::uint8_t colour = picture.channels == 3 ? 2 : 0;
  for (const int value : {picture.depth, int{colour}, 0, 0, 0}) {
    header.push_back(static_cast<std::uint8_t>(value));
  }
  append_chunk(bytes, "IHDR", header);
  const std::unique_ptr<libdeflate_compressor,
                        decltype(&libdeflate_free_compressor)>
      compressor(libdeflate_alloc_compressor(6), libdeflate_free_compressor);
  Bytes packed(libdeflate_zlib_compress_bound(compressor.get(), rows.size()));
  packed.resize(libdeflate_zlib_compress(compressor.get(), rows.data(),
                                         rows.size(), packed.data(),
                                         packed.size()));
  for (std::size_t at = 0; at < packed.size(); at += piece) {
    const auto begin = packed.begin() + static_cast<std::ptrdiff_t>(at);
    const auto count = std::min(piece, packed.size() - at);
    append_chunk(bytes, "IDAT",
                 {begin, begin + static_cast<std::ptrdiff_t>(count)});
  }
  append_chunk(bytes, "IEND", {});
  return bytes;
}

std::string error_of(const Bytes& bytes, std::int64_t channels) {
  try {
    decode_png(bytes, "some.png", channels);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(DecodePng, UndoesEveryFilter) {
  Philox random({.seed = 5});
  const std::pair<int, std::int64_t> kinds[] = {
      {1, 1}, {2, 1}, {4, 1}, {8, 1}, {8, 3}};
  for (int round = 0; round < 40; ++round) {
    for (const auto& [depth, channels] : kinds) {
      const Picture picture = draw(random, depth, channels);
      SCOPED_TRACE(::testing::Message()
                   << "round " << round << ", " << depth << " bits, "
                   << channels << " channels, " << picture.height << " x "
                   << picture.width);
      const Bytes rows = stored_rows(picture);
      const std::size_t piece = round % 2 == 0 ? rows.size() + 100 : 7;
      const auto image = decode_png(png(picture, rows, piece), "", channels);
      ASSERT_TRUE(image.has_value());
      ASSERT_EQ(image->shape(),
                Shape({picture.height, picture.width, channels}));
      ASSERT_TRUE(
          std::ranges::equal(image->values<std::uint8_t>(), picture.values));
    }
  }
}

TEST(DecodePng, LeavesOtherKindsToOthers) {
  Philox random({.seed = 6});
  const Picture grey = draw(random, 8, 1);
  EXPECT_FALSE(decode_png(png(grey, stored_rows(grey), 99), "", 3));
  const Picture colour = draw(random, 8, 3);
  EXPECT_FALSE(decode_png(png(colour, stored_rows(colour), 99), "", 1));
  EXPECT_FALSE(decode_png(Bytes(100, 7), "", 1));
}

TEST(DecodePng, TakesALittleMoreThanThePictureButNotLess) {
  Philox random({.seed = 7});
  const Picture picture = draw(random, 8, 3);
  Bytes rows = stored_rows(picture);
  rows.insert(rows.end(), 100, 0);
  EXPECT_EQ(error_of(png(picture, rows, 999), 3), "");
  rows.resize(rows.size() - 101);
  EXPECT_NE(error_of(png(picture, rows, 999), 3).find("some.png"),
            std::string::npos);
}

TEST(DecodePng, RefusesFiltersThatThereAreNot) {
  Philox random({.seed = 8});
  const Picture picture = draw(random, 8, 1);
  Bytes rows = stored_rows(picture);
  rows[0] = 5;
  EXPECT_NE(error_of(png(picture, rows, 999), 1).find("filter 5"),
            std::string::npos);
}

}  // namespace
}  // namespace lathe::image
