#include "core/cpu/jpeg.h"

#include <algorithm>
#include <vector>

#include "core/cpu/color_kernels.h"
#include "core/cpu/jpeg_blocks.h"
#include "core/cpu/jpeg_colors.h"

namespace lathe::cpu {

namespace {

std::int64_t padded(std::int64_t count, std::int64_t unit) {
  return (count + unit - 1) / unit * unit;
}

/// Bytes of which some rows and columns are the image's; those after them
/// repeat the last ones, as far as blocks reach.
class Plane {
 public:
  void resize(std::int64_t height, std::int64_t width) {
    height_ = height;
    width_ = width;
    // Twice as long, so that rows of half the resolution are a multiple too.
    stride_ = padded(width, 2 * kJpegRow);
    const auto size =
        static_cast<std::size_t>(padded(height, kJpegBlock) * stride_);
    if (bytes_.size() < size) bytes_.resize(size);
  }

  std::int64_t height() const { return height_; }
  std::int64_t width() const { return width_; }
  std::uint8_t* row(std::int64_t y) { return bytes_.data() + y * stride_; }
  /// The nearest of the image's rows.
  std::uint8_t* near_row(std::int64_t y) {
    return row(std::clamp<std::int64_t>(y, 0, height_ - 1));
  }
  void repeat_column(std::int64_t y) {
    std::fill(row(y) + width_, row(y) + stride_, row(y)[width_ - 1]);
  }
  void repeat_row() {
    for (std::int64_t y = height_; y % kJpegBlock != 0; ++y) {
      std::copy_n(row(height_ - 1), stride_, row(y));
    }
  }
  void quantize(const JpegQuantization& table) {
    for (std::int64_t y = 0; y < height_; y += kJpegBlock) {
      quantize_blocks(table, row(y), stride_, width_);
    }
  }

 private:
  std::int64_t height_ = 0;
  std::int64_t width_ = 0;
  std::int64_t stride_ = 0;
  std::vector<std::uint8_t> bytes_;
};

/// What a thread keeps between images; it grows once.
struct JpegPlanes {
  std::vector<std::uint8_t> row;
  Plane y;
  // Two rows each, at full resolution.
  Plane blue_rows;
  Plane red_rows;
  Plane blue;
  Plane red;
};

/// An image on its way into planes and back.
class Jpeg {
 public:
  Jpeg(const ValueRange& range, const FilterImage& image, JpegPlanes& planes)
      : range_(range), image_(image), planes_(planes) {
    const std::int64_t width = image.width;
    planes.y.resize(image.height, width);
    if (image.channels == 1) return;
    planes.row.resize(static_cast<std::size_t>(image.row_size()));
    planes.blue_rows.resize(2, width);
    planes.red_rows.resize(2, width);
    planes.blue.resize((image.height + 1) / 2, (width + 1) / 2);
    planes.red.resize((image.height + 1) / 2, (width + 1) / 2);
  }

  void run(int quality) {
    image_.channels == 1 ? read_grey() : read_colors();
    planes_.y.quantize(jpeg_luminance(quality));
    if (image_.channels == 1) return write_grey();
    planes_.blue.quantize(jpeg_chrominance(quality));
    planes_.red.quantize(jpeg_chrominance(quality));
    write_colors();
  }

 private:
  void read_row(std::int64_t y, std::uint8_t* bytes) const {
    const float scale = 255.0F / (range_.high - range_.low);
    store_row({.values = image_.row(y),
               .pixels = image_.width,
               .channels = image_.channels},
              {.scale = scale,
               .offset = -range_.low * scale,
               .values = bytes,
               .type = DType::uint8});
  }

  void read_grey() {
    for (std::int64_t y = 0; y < image_.height; ++y) {
      read_row(y, planes_.y.row(y));
      planes_.y.repeat_column(y);
    }
    planes_.y.repeat_row();
  }

  void read_colors() {
    for (std::int64_t y = 0; y < image_.height; ++y) {
      const std::int64_t place = y % 2;
      read_row(y, planes_.row.data());
      rgb_to_ycc(planes_.row.data(), image_.width,
                 {.y = planes_.y.row(y),
                  .blue = planes_.blue_rows.row(place),
                  .red = planes_.red_rows.row(place)});
      planes_.y.repeat_column(y);
      planes_.blue_rows.repeat_column(place);
      planes_.red_rows.repeat_column(place);
      if (place == 1 || y + 1 == image_.height) {
        halve(planes_.blue_rows, place, planes_.blue, y / 2);
        halve(planes_.red_rows, place, planes_.red, y / 2);
      }
    }
    planes_.y.repeat_row();
    planes_.blue.repeat_row();
    planes_.red.repeat_row();
  }

  static void halve(Plane& rows, std::int64_t lower, Plane& to,
                    std::int64_t y) {
    halve_rows(rows.row(0), rows.row(lower), padded(to.width(), kJpegBlock),
               to.row(y));
  }

  void write_row(std::int64_t y, const std::uint8_t* bytes) const {
    bytes_to_values(bytes, image_.row_size(), range_, image_.row(y));
  }

  void write_grey() {
    for (std::int64_t y = 0; y < image_.height; ++y) {
      write_row(y, planes_.y.row(y));
    }
  }

  void write_colors() {
    for (std::int64_t y = 0; y < image_.height; ++y) {
      expand(planes_.blue, y, planes_.blue_rows.row(0));
      expand(planes_.red, y, planes_.red_rows.row(0));
      ycc_to_rgb({.y = planes_.y.row(y),
                  .blue = planes_.blue_rows.row(0),
                  .red = planes_.red_rows.row(0)},
                 image_.width, planes_.row.data());
      write_row(y, planes_.row.data());
    }
  }

  // libjpeg repeats the pixels of images too narrow for its filter.
  static void expand(Plane& from, std::int64_t y, std::uint8_t* to) {
    constexpr std::int64_t kNarrow = 2;
    const std::uint8_t* near = from.row(y / 2);
    if (from.width() <= kNarrow) {
      for (std::int64_t x = 0; x < 2 * from.width(); ++x) to[x] = near[x / 2];
      return;
    }
    const std::int64_t beside = y % 2 == 0 ? y / 2 - 1 : y / 2 + 1;
    double_row(near, from.near_row(beside), from.width(), to);
  }

  ValueRange range_;
  FilterImage image_;
  JpegPlanes& planes_;
};

}  // namespace

void jpeg(int quality, const ValueRange& range, const FilterImage& image) {
  thread_local JpegPlanes planes;
  Jpeg(range, image, planes).run(quality);
}

}  // namespace lathe::cpu
