// Pictures read row by row are those that are read in one piece, and what is
// written row by row is there whole or not at all.

#include "core/image/row_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "core/error.h"
#include "core/image/png_writer.h"
#include "core/image/read_image.h"
#include "core/image/write_image.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"
#include "tests/support/temporary_folder.h"

namespace lathe::image {
namespace {

namespace fs = std::filesystem;
using lathe::testing::read_bytes;
using lathe::testing::TemporaryFolder;
using lathe::testing::write_bytes;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Tensor by_rows(const fs::path& path) {
  const auto reader = read_rows(path);
  Tensor image({reader->height(), reader->width(), 3}, DType::uint8);
  for (std::int64_t y = 0; y < reader->height(); ++y) {
    reader->read(image.rows(y, 1).values<std::uint8_t>());
  }
  return image;
}

std::string bytes_of(const char* name) {
  return read_bytes(fs::path(LATHE_IMAGE_FILES) / name);
}

TEST(RowReader, GivesWhatReadImageGives) {
  std::int64_t files = 0;
  for (const auto& entry : fs::directory_iterator(LATHE_IMAGE_FILES)) {
    SCOPED_TRACE(entry.path().filename());
    lathe::testing::expect_identical(by_rows(entry.path()),
                                     read_image(entry.path()));
    ++files;
  }
  EXPECT_GT(files, 30);
}

TEST(RowReader, TurnsPicturesAsExifSays) {
  const TemporaryFolder folder;
  const fs::path path = folder / "turned.jpg";
  for (char orientation = 1; orientation <= 8; ++orientation) {
    SCOPED_TRACE(static_cast<int>(orientation));
    std::string jpeg = bytes_of("baseline.jpg");
    const std::string segment(
        "\xFF\xE1\x00\x22"
        "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0",
        28);
    jpeg.insert(2, segment + orientation + std::string(7, '\0'));
    write_bytes(path, jpeg);
    const Tensor image = by_rows(path);
    EXPECT_EQ(image.shape()[0], orientation < 5 ? 32 : 48);
    lathe::testing::expect_identical(image, read_image(path));
  }
}

TEST(RowReader, RefusesWhatIsCutShortByName) {
  const TemporaryFolder folder;
  const fs::path path = folder / "cut.file";
  for (const char* name :
       {"baseline.jpg", "subsampled.jpg", "cmyk_adobe.jpg", "grey.jpg",
        "rgb.png", "rgba_16.png", "palette_4.png", "grey_alpha.png",
        "rgb_interlaced.png", "rgb.bmp"}) {
    const std::string whole = bytes_of(name);
    for (std::size_t length = 0; length < whole.size(); length += 7) {
      SCOPED_TRACE(concat(name, " cut to ", length));
      write_bytes(path, whole.substr(0, length));
      EXPECT_THAT([&] { by_rows(path); },
                  ThrowsMessage<Error>(HasSubstr("cut.file")));
    }
  }
  EXPECT_THAT([&] { read_rows(folder / "none.png"); },
              ThrowsMessage<Error>(HasSubstr("none.png")));
}

TEST(RowReader, NoticesFlippedBitsInAPng) {
  const TemporaryFolder folder;
  const fs::path path = folder / "flipped.png";
  const std::string whole = bytes_of("rgb.png");
  for (std::size_t place = 16; place + 12 < whole.size(); ++place) {
    std::string damaged = whole;
    damaged[place] = static_cast<char>(damaged[place] ^ 0x10);
    write_bytes(path, damaged);
    EXPECT_THROW(by_rows(path), Error) << "at byte " << place;
  }
}

TEST(RowReader, SaysWhichLargePicturesItCantRead) {
  const TemporaryFolder folder;
  const auto expect = [&](const char* name, std::string bytes, std::size_t at,
                          const std::string& size, const char* why) {
    write_bytes(folder / name, bytes.replace(at, size.size(), size));
    EXPECT_THAT(
        [&] { read_rows(folder / name); },
        ThrowsMessage<Error>(AllOf(HasSubstr(name), HasSubstr("20000 x 20000"),
                                   HasSubstr(why), HasSubstr("2^28"))));
  };
  const std::string jpeg_size("\x4E\x20\x4E\x20", 4);
  const std::string progressive = bytes_of("progressive.jpg");
  expect("progressive.jpg", progressive, progressive.find("\xFF\xC2") + 5,
         jpeg_size, "progressive");
  // With the new header's checksum.
  std::string interlaced = bytes_of("rgb_interlaced.png");
  interlaced.replace(29, 4, std::string("\x1B\x15\xE1\xF8", 4));
  expect("interlaced.png", interlaced, 16,
         std::string("\0\0\x4E\x20\0\0\x4E\x20", 8), "interlaced");
}

TEST(PngWriter, LeavesNothingBehindUnlessItFinishes) {
  const TemporaryFolder folder;
  const fs::path path = folder / "picture.png";
  const Tensor image =
      lathe::testing::random_integers({9, 7, 3}, DType::uint8, 3, 256);
  write_png(path, image);
  {
    PngWriter writer(path, 9, 7, 3);
    writer.write(image.rows(0, 1).values<std::uint8_t>());
  }
  lathe::testing::expect_identical(read_image(path), image);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1);
  PngWriter writer(path, 9, 7, 3);
  writer.write(image.rows(0, 1).values<std::uint8_t>());
  EXPECT_THAT([&] { writer.finish(); },
              ThrowsMessage<Error>(HasSubstr("picture.png")));
}

}  // namespace
}  // namespace lathe::image
