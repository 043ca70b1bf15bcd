#include "core/image/row_reader.h"

#include <algorithm>
#include <array>

#include "core/error.h"
#include "core/image/jpeg.h"
#include "core/image/jpeg_reader.h"
#include "core/image/open_file.h"
#include "core/image/png.h"
#include "core/image/png_reader.h"
#include "core/image/read_image.h"

namespace lathe::image {
namespace {

// By a JpegReader or PngReader.
template <class Reader>
class FileRows final : public RowReader {
 public:
  FileRows(OpenFile file, std::unique_ptr<Reader> reader)
      : file_(std::move(file)),
        reader_(std::move(reader)),
        left_(reader_->height()) {}

  std::int64_t height() const override { return reader_->height(); }
  std::int64_t width() const override { return reader_->width(); }
  void read(std::span<std::uint8_t> row) override {
    reader_->read(row);
    if (--left_ == 0) reader_->finish();
  }

 private:
  OpenFile file_;
  std::unique_ptr<Reader> reader_;
  std::int64_t left_;
};

class TensorRows final : public RowReader {
 public:
  explicit TensorRows(Tensor image) : image_(std::move(image)) {}

  std::int64_t height() const override { return image_.shape()[0]; }
  std::int64_t width() const override { return image_.shape()[1]; }
  void read(std::span<std::uint8_t> row) override {
    std::ranges::copy(image_.rows(next_++, 1).values<std::uint8_t>(),
                      row.begin());
  }

 private:
  Tensor image_;
  std::int64_t next_ = 0;
};

// Because of what `why` says.
template <class Reader>
std::unique_ptr<RowReader> read_at_once(const std::filesystem::path& path,
                                        const Reader& reader, const char* why) {
  if (reader.width() * reader.height() > kMostPixels) {
    fail(path.string(), ": ", reader.width(), " x ", reader.height(),
         " pixels, and ", why,
         ": it is read in one piece, of at most 2^28 pixels");
  }
  return std::make_unique<TensorRows>(read_image(path));
}

}  // namespace

std::unique_ptr<RowReader> read_rows(const std::filesystem::path& path) {
  OpenFile file = open_file(path);
  std::array<std::uint8_t, 8> begin{};
  const std::size_t got = std::fread(begin.data(), 1, begin.size(), file.get());
  std::rewind(file.get());
  const std::span<const std::uint8_t> head(begin.data(), got);
  if (is_jpeg(head)) {
    auto reader = std::make_unique<JpegReader>(file.get(), path.string());
    if (reader->orientation() != 1) {
      return read_at_once(path, *reader, "its EXIF data turn it");
    }
    if (reader->has_several_scans()) {
      return read_at_once(path, *reader, "a progressive JPEG");
    }
    reader->start(3);
    return std::make_unique<FileRows<JpegReader>>(std::move(file),
                                                  std::move(reader));
  }
  if (is_png(head)) {
    auto reader = std::make_unique<PngReader>(file.get(), path.string());
    if (reader->is_interlaced()) {
      return read_at_once(path, *reader, "an interlaced PNG");
    }
    return std::make_unique<FileRows<PngReader>>(std::move(file),
                                                 std::move(reader));
  }
  return std::make_unique<TensorRows>(read_image(path));
}

}  // namespace lathe::image
