#include "core/image/read_image.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>

#include "core/error.h"
#include "core/image/resize.h"
#include "core/image/write_image.h"
#include "tests/support/temporary_folder.h"

namespace lathe::image {
namespace {

using lathe::testing::read_bytes;
using lathe::testing::TemporaryFolder;

// What the files show; make_files.py has the same formulas.
constexpr std::int64_t kWidth = 48;
constexpr std::int64_t kHeight = 32;

int scene(std::int64_t y, std::int64_t x, std::int64_t channel) {
  const std::int64_t colour[] = {x * 5, y * 8, 128};
  return static_cast<int>(colour[channel]);
}

int level(std::int64_t y, std::int64_t x, int levels) {
  return static_cast<int>((x / 3 + 2 * y) % levels);
}

std::filesystem::path file(const std::string& name) {
  return std::filesystem::path(LATHE_IMAGE_FILES) / name;
}

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

int at(const Tensor& image, std::int64_t y, std::int64_t x,
       std::int64_t channel) {
  const Shape& shape = image.shape();
  return image.values<std::uint8_t>()[static_cast<std::size_t>(
      (y * shape[1] + x) * shape[2] + channel)];
}

// The largest difference from a formula over all pixels and channels.
template <class F>
int largest_difference(const Tensor& image, F&& expected) {
  const Shape& shape = image.shape();
  int largest = 0;
  for (std::int64_t y = 0; y < shape[0]; ++y) {
    for (std::int64_t x = 0; x < shape[1]; ++x) {
      for (std::int64_t c = 0; c < shape[2]; ++c) {
        largest =
            std::max(largest, std::abs(at(image, y, x, c) - expected(y, x, c)));
      }
    }
  }
  return largest;
}

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

struct Photograph {
  const char* name;
  int tolerance;
};

class ReadImage : public ::testing::TestWithParam<Photograph> {};

TEST_P(ReadImage, ShowsTheScene) {
  const Tensor image = read_image(file(GetParam().name));
  ASSERT_EQ(image.shape(), Shape({kHeight, kWidth, 3}));
  EXPECT_LE(largest_difference(image, scene), GetParam().tolerance);
}

// JPEGs of quality 98 are off by a rounding in each of the transform, the
// quantisation and the change of colours; halved colours by a few levels more,
// the slope of the scene being 8 a pixel.
INSTANTIATE_TEST_SUITE_P(Formats, ReadImage,
                         ::testing::Values(Photograph{"baseline.jpg", 4},
                                           Photograph{"progressive.jpg", 4},
                                           Photograph{"subsampled.jpg", 8},
                                           Photograph{"rgb.png", 0},
                                           Photograph{"rgba.png", 0},
                                           Photograph{"rgb_16.png", 0},
                                           Photograph{"rgba_16.png", 0},
                                           Photograph{"rgb_interlaced.png", 0},
                                           Photograph{"rgb.bmp", 0}),
                         [](const auto& test) {
                           std::string name = test.param.name;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST(ReadImageColours, TurnsInkIntoLight) {
  for (const char* name : {"cmyk_adobe.jpg", "cmyk_plain.jpg"}) {
    SCOPED_TRACE(name);
    const Tensor image = read_image(file(name));
    // Black ink of 51 leaves 204 of 255 parts of the light.
    EXPECT_LE(largest_difference(image,
                                 [](auto y, auto x, auto c) {
                                   return (scene(y, x, c) * 204 + 127) / 255;
                                 }),
              4);
  }
}

TEST(ReadImageColours, MakesGreyPicturesColoured) {
  const Tensor png = read_image(file("grey_8.png"));
  ASSERT_EQ(png.shape(), Shape({kHeight, kWidth, 3}));
  EXPECT_EQ(largest_difference(
                png, [](auto y, auto x, auto) { return level(y, x, 256); }),
            0);
  const Tensor jpeg = read_image(file("grey.jpg"));
  ASSERT_EQ(jpeg.shape(), Shape({kHeight, kWidth, 3}));
  EXPECT_LE(largest_difference(
                jpeg, [](auto y, auto x, auto) { return 2 * level(y, x, 64); }),
            2);
}

TEST(ReadImageColours, StretchesGreyOfFewBits) {
  EXPECT_EQ(largest_difference(
                read_image(file("grey_2.png")),
                [](auto y, auto x, auto) { return 85 * level(y, x, 4); }),
            0);
}

TEST(ReadImageColours, LooksUpPalettes) {
  for (const char* name : {"palette_4.png", "palette_4_interlaced.png"}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(largest_difference(
                  read_image(file(name)),
                  [](auto y, auto x, auto c) {
                    const int index = level(y, x, 16);
                    return (static_cast<int>(index * 3 + c) * 89 + 40) % 256;
                  }),
              0);
  }
}

TEST(ReadImageColours, TakesTheFirstPictureOfAGif) {
  const Tensor image = read_image(file("moving.gif"));
  ASSERT_EQ(image.shape(), Shape({kHeight, kWidth, 3}));
  EXPECT_EQ(largest_difference(image,
                               [](auto y, auto x, auto c) {
                                 return scene(y, x, c) / 64 * 64;
                               }),
            0);
}

// A JPEG with an EXIF segment that says how it must be turned.
std::string with_orientation(std::string jpeg, char orientation, bool little) {
  const std::string head(
      "\xFF\xE1\x00\x22"
      "Exif\0\0",
      10);
  const std::string before =
      little
          ? std::string("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", 18)
          : std::string("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", 19);
  const std::string after(little ? 7 : 6, '\0');
  return jpeg.insert(2, head + before + orientation + after);
}

TEST(ReadImageOrientation, IsApplied) {
  const std::string jpeg = read_bytes(file("baseline.jpg"));
  const Tensor stored = read_image(file("baseline.jpg"));
  const std::int64_t right = kWidth - 1;
  const std::int64_t bottom = kHeight - 1;
  for (int orientation = 1; orientation <= 8; ++orientation) {
    for (const bool little : {true, false}) {
      SCOPED_TRACE(concat("orientation ", orientation, ", little ", little));
      const std::string turned =
          with_orientation(jpeg, static_cast<char>(orientation), little);
      const Tensor image = decode_image(bytes_of(turned), "turned");
      const bool upended = orientation >= 5;
      ASSERT_EQ(image.shape(), upended ? Shape({kWidth, kHeight, 3})
                                       : Shape({kHeight, kWidth, 3}));
      // EXIF 2.3, tag 0x0112: where the stored first row and column are shown.
      const auto from = [&](std::int64_t y, std::int64_t x, std::int64_t c) {
        switch (orientation) {
          case 2:
            return at(stored, y, right - x, c);
          case 3:
            return at(stored, bottom - y, right - x, c);
          case 4:
            return at(stored, bottom - y, x, c);
          case 5:
            return at(stored, x, y, c);
          case 6:
            return at(stored, bottom - x, y, c);
          case 7:
            return at(stored, bottom - x, right - y, c);
          case 8:
            return at(stored, x, right - y, c);
          default:
            return at(stored, y, x, c);
        }
      };
      EXPECT_EQ(largest_difference(image, from), 0);
    }
  }
}

TEST(ReadImageOrientation, NonsenseIsNoOrientation) {
  const std::string jpeg = read_bytes(file("baseline.jpg"));
  for (const char orientation : {'\0', '\x09', 'M'}) {
    const std::string turned = with_orientation(jpeg, orientation, true);
    EXPECT_EQ(decode_image(bytes_of(turned), "turned").shape(),
              Shape({kHeight, kWidth, 3}));
  }
}

TEST(ReadImageSize, DecodesLessWhereLessIsEnough) {
  const auto shape = [](std::int64_t height, std::int64_t width) {
    return read_image(file("baseline.jpg"),
                      {.least_height = height, .least_width = width})
        .shape();
  };
  EXPECT_EQ(shape(17, 20), Shape({32, 48, 3}));
  EXPECT_EQ(shape(16, 24), Shape({16, 24, 3}));
  EXPECT_EQ(shape(16, 6), Shape({16, 24, 3}));
  EXPECT_EQ(shape(8, 12), Shape({8, 12, 3}));
  EXPECT_EQ(shape(1, 1), Shape({4, 6, 3}));
  // Each smaller pixel is the mean of those it covers.
  const Tensor half =
      read_image(file("baseline.jpg"), {.least_height = 16, .least_width = 24});
  EXPECT_LE(largest_difference(half,
                               [](auto y, auto x, auto c) {
                                 return (scene(2 * y, 2 * x, c) +
                                         scene(2 * y + 1, 2 * x + 1, c)) /
                                        2;
                               }),
            4);
}

TEST(ReadImageSize, ReadsIntoAnotherSize) {
  for (const char* name : {"baseline.jpg", "rgb.png", "palette_4.png"}) {
    for (const std::int64_t side : {4, 20, 70}) {
      SCOPED_TRACE(concat(name, " to ", side));
      const Tensor result({side, side, 3}, DType::uint8);
      read_image(file(name), result);
      const Tensor expected({side, side, 3}, DType::uint8);
      resize_bilinear(
          read_image(file(name), {.least_height = side, .least_width = side}),
          expected);
      EXPECT_TRUE(std::ranges::equal(result.values<std::uint8_t>(),
                                     expected.values<std::uint8_t>()));
    }
  }
}

TEST(ReadMask, KeepsStoredNumbers) {
  const std::pair<std::string, int> kinds[] = {
      {"1", 2}, {"2", 4}, {"4", 16}, {"8", 256}};
  for (const auto& [depth, levels] : kinds) {
    for (const char* kind : {"grey_", "palette_"}) {
      for (const char* end : {".png", "_interlaced.png"}) {
        const std::string name = kind + depth + end;
        SCOPED_TRACE(name);
        const Tensor mask = read_mask(file(name));
        ASSERT_EQ(mask.shape(), Shape({kHeight, kWidth, 1}));
        EXPECT_EQ(largest_difference(mask,
                                     [count = levels](auto y, auto x, auto) {
                                       return level(y, x, count);
                                     }),
                  0);
      }
    }
  }
}

TEST(ReadMask, ReadsWhatOtherFormatsHold) {
  const std::pair<std::string, std::function<int(std::int64_t, std::int64_t)>>
      kinds[] = {
          {"palette_transparent.png",
           [](auto y, auto x) { return level(y, x, 4); }},
          {"grey_alpha.png", [](auto y, auto x) { return level(y, x, 256); }},
          {"grey_as_rgb.png", [](auto y, auto x) { return level(y, x, 200); }},
          {"grey_16.png", [](auto y, auto x) { return level(y, x, 12); }},
          {"grey_16_stretched.png",
           [](auto y, auto x) { return level(y, x, 256); }},
          {"grey.bmp", [](auto y, auto x) { return level(y, x, 256); }},
          {"mask_1.bmp", [](auto y, auto x) { return 255 * level(y, x, 2); }},
          {"mask.gif", [](auto y, auto x) { return 255 * level(y, x, 2); }}};
  for (const auto& [name, expected] : kinds) {
    SCOPED_TRACE(name);
    const Tensor mask = read_mask(file(name));
    ASSERT_EQ(mask.shape(), Shape({kHeight, kWidth, 1}));
    EXPECT_EQ(largest_difference(
                  mask, [&](auto y, auto x, auto) { return expected(y, x); }),
              0);
  }
}

TEST(ReadMask, RefusesColoursAndLargeNumbers) {
  EXPECT_NE(error_of([] { read_mask(file("rgb.png")); }).find("coloured"),
            std::string::npos);
  EXPECT_NE(error_of([] { read_mask(file("rgb_16.png")); }).find("coloured"),
            std::string::npos);
  EXPECT_NE(error_of([] { read_mask(file("grey_16_large.png")); }).find("11"),
            std::string::npos);
}

// Decodes every beginning of a file. Each must be refused by name, except that
// the last few bytes may be dispensable.
void expect_truncations_refused(const std::string& name,
                                std::size_t dispensable) {
  SCOPED_TRACE(name);
  const std::string whole = read_bytes(file(name));
  for (std::size_t length = 0; length + dispensable < whole.size(); ++length) {
    // A buffer of just that length, so that a sanitizer sees reads beyond it.
    const std::vector<char> part(
        whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    const std::span<const std::uint8_t> bytes(
        reinterpret_cast<const std::uint8_t*>(part.data()), part.size());
    ASSERT_NE(error_of([&] { decode_image(bytes, name); }).find(name),
              std::string::npos)
        << "cut to " << length << " of " << whole.size() << " bytes";
    ASSERT_NE(error_of([&] { decode_mask(bytes, name); }).find(name),
              std::string::npos)
        << "cut to " << length << " of " << whole.size() << " bytes";
  }
}

TEST(ReadDamaged, TruncatedFilesAreRefused) {
  for (const char* name :
       {"baseline.jpg", "progressive.jpg", "grey.jpg", "cmyk_adobe.jpg"}) {
    // Without the marker at its end a JPEG's picture is whole; libjpeg still
    // calls it truncated.
    expect_truncations_refused(name, 0);
  }
  for (const char* name : {"rgb.png", "grey_8.png", "palette_4.png",
                           "palette_4_interlaced.png", "grey_16.png"}) {
    expect_truncations_refused(name, 0);
  }
  expect_truncations_refused("mask.gif", 1);  // the trailer after the picture
  expect_truncations_refused("rgb.bmp", 0);
  expect_truncations_refused("grey.bmp", 0);
}

TEST(ReadDamaged, FlippedBitsInAPngAreNoticed) {
  const std::string whole = read_bytes(file("grey_8.png"));
  for (std::size_t place = 16; place + 12 < whole.size(); ++place) {
    std::string damaged = whole;
    damaged[place] = static_cast<char>(damaged[place] ^ 0x10);
    EXPECT_NE(error_of([&] { decode_mask(bytes_of(damaged), "flipped"); }), "")
        << "at byte " << place;
  }
}

TEST(ReadDamaged, PaddedJpegsAreRead) {
  // Cameras pad before the end marker.
  std::string padded = read_bytes(file("baseline.jpg"));
  padded.insert(padded.size() - 2, "\x11\x22\x33");
  EXPECT_EQ(decode_image(bytes_of(padded), "padded").shape(),
            Shape({kHeight, kWidth, 3}));
  padded.insert(padded.size() - 2, std::string(100, '\x11'));
  EXPECT_NE(error_of([&] { decode_image(bytes_of(padded), "padded"); }), "");
}

TEST(ReadDamaged, WhatIsNoPictureIsRefused) {
  const TemporaryFolder folder;
  for (const std::string& content :
       {std::string(), std::string("a"), std::string("not a picture at all"),
        std::string("\xFF\xD8\xFF", 3), std::string(1000, '\0')}) {
    lathe::testing::write_bytes(folder / "odd.png", content);
    EXPECT_NE(error_of([&] { read_image(folder / "odd.png"); }).find("odd.png"),
              std::string::npos);
    EXPECT_NE(error_of([&] { read_mask(folder / "odd.png"); }).find("odd.png"),
              std::string::npos);
  }
  EXPECT_NE(error_of([&] { read_image(folder / "none.png"); }).find("none.png"),
            std::string::npos);
  EXPECT_NE(error_of([&] { read_image(folder.path()); }), "");
}

TEST(ReadDamaged, AbsurdSizesAreRefusedBeforeTheyAreAllocated) {
  std::string jpeg = read_bytes(file("baseline.jpg"));
  const std::size_t frame = jpeg.find(std::string("\xFF\xC0", 2));
  ASSERT_NE(frame, std::string::npos);
  jpeg.replace(frame + 5, 4, "\xFF\xDC\xFF\xDC");
  EXPECT_NE(error_of([&] {
              decode_image(bytes_of(jpeg), "huge");
            }).find("65500 x 65500"),
            std::string::npos);
  std::string png = read_bytes(file("rgb.png"));
  png.replace(16, 8, std::string("\0\0\xFF\xFF\0\0\xFF\xFF", 8));
  EXPECT_NE(error_of([&] {
              decode_image(bytes_of(png), "huge");
            }).find("65535 x 65535"),
            std::string::npos);
}

TEST(WritePng, IsReadBackExactly) {
  const TemporaryFolder folder;
  for (const std::int64_t channels : {1, 3}) {
    Tensor image({37, 53, channels}, DType::uint8);
    unsigned value = 12345;
    for (std::uint8_t& level : image.values<std::uint8_t>()) {
      value = value * 1103515245 + 12345;
      level = static_cast<std::uint8_t>(value >> 16);
    }
    const auto path = folder / "image.png";
    write_png(path, image);
    const Tensor back = channels == 1 ? read_mask(path) : read_image(path);
    ASSERT_EQ(back.shape(), image.shape());
    EXPECT_TRUE(std::ranges::equal(back.values<std::uint8_t>(),
                                   image.values<std::uint8_t>()));
  }
  EXPECT_NE(error_of([&] {
              write_png(folder / "image.png", Tensor({4, 4, 2}, DType::uint8));
            }),
            "");
}

TEST(WriteJpeg, LosesLittleOfWhatIsSmooth) {
  const TemporaryFolder folder;
  for (const std::int64_t channels : {1, 3}) {
    Tensor image({40, 56, channels}, DType::uint8);
    std::int64_t place = 0;
    for (std::uint8_t& level : image.values<std::uint8_t>()) {
      const std::int64_t pixel = place++ / channels;
      level = static_cast<std::uint8_t>(3 * (pixel % 56) + pixel / 56);
    }
    const auto path = folder / "image.jpg";
    write_image(path, image);
    const Tensor back = read_image(path);
    ASSERT_EQ(back.shape(), (Shape{40, 56, 3}));
    for (std::int64_t i = 0; i < back.elements(); ++i) {
      // A few levels at this quality.
      ASSERT_NEAR(back.data<std::uint8_t>()[i],
                  image.data<std::uint8_t>()[i * channels / 3], 6);
    }
  }
  EXPECT_NE(error_of([&] {
              write_jpeg(folder / "a.jpg", Tensor({4, 4, 4}, DType::uint8));
            }),
            "");
  EXPECT_NE(error_of([&] {
              write_image(folder / "a.bmp", Tensor({4, 4, 3}, DType::uint8));
            }).find(".png, .jpg"),
            std::string::npos);
}

TEST(ImageName, KnowsTheEndings) {
  for (const char* name : {"a.jpg", "a.JPEG", "a.PNG", "a.gif", "b.c.bmp"}) {
    EXPECT_TRUE(is_image_name(name)) << name;
  }
  for (const char* name : {"a.txt", "jpg", "a.npy", "a.jpg.bak", "a"}) {
    EXPECT_FALSE(is_image_name(name)) << name;
  }
}

}  // namespace
}  // namespace lathe::image
