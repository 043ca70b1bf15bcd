#include "core/image/write_image.h"

#include "core/atomic_file.h"
#include "core/error.h"
#include "core/image/png_writer.h"
#include "core/image/turbojpeg_handle.h"

namespace lathe::image {

namespace {

void check(const std::string& where, const Tensor& image,
           std::int64_t most_channels) {
  const Shape& shape = image.shape();
  if (shape.rank() == 3 && image.dtype() == DType::uint8 &&
      (shape[2] == 1 || shape[2] == 3 || shape[2] == most_channels) &&
      image.elements() > 0) {
    return;
  }
  fail(where, ": pictures are written from uint8 (H, W, 1 or 3",
       most_channels == 4 ? " or 4" : "", "), not ", image.spec());
}

// To a file or a text.
template <class To>
void write_png_rows(To& to, const Tensor& image) {
  const Shape& shape = image.shape();
  PngWriter writer(to, shape[0], shape[1], shape[2]);
  for (std::int64_t y = 0; y < shape[0]; ++y) {
    writer.write(image.rows(y, 1).values<std::uint8_t>());
  }
  writer.finish();
}

}  // namespace

std::string encode_png(const Tensor& image) {
  check("encode_png", image, 4);
  std::string bytes;
  write_png_rows(bytes, image);
  return bytes;
}

std::string encode_jpeg(const Tensor& image, int quality) {
  check("encode_jpeg", image, 3);
  if (quality < 1 || quality > 100) {
    fail("encode_jpeg: a quality of ", quality, "; there are 1 to 100");
  }
  constexpr int kFullColours = 90;
  const Shape& shape = image.shape();
  const bool grey = shape[2] == 1;
  const TurboJpegHandle compressor(tjInitCompress());
  unsigned char* bytes = nullptr;
  unsigned long count = 0;
  const bool made =
      tjCompress2(compressor.get(), image.data<std::uint8_t>(),
                  static_cast<int>(shape[1]), 0, static_cast<int>(shape[0]),
                  grey ? TJPF_GRAY : TJPF_RGB, &bytes, &count,
                  grey                     ? TJSAMP_GRAY
                  : quality > kFullColours ? TJSAMP_444
                                           : TJSAMP_420,
                  quality, TJFLAG_ACCURATEDCT) == 0;
  const std::unique_ptr<unsigned char, decltype(&tjFree)> owner(bytes, tjFree);
  if (!made) fail("encode_jpeg: ", tjGetErrorStr2(compressor.get()));
  return {reinterpret_cast<const char*>(bytes), count};
}

void write_png(const std::filesystem::path& path, const Tensor& image) {
  check(path.string(), image, 4);
  write_png_rows(path, image);
}

void write_jpeg(const std::filesystem::path& path, const Tensor& image,
                int quality) {
  check(path.string(), image, 3);
  write_atomically(path, encode_jpeg(image, quality));
}

void write_image(const std::filesystem::path& path, const Tensor& image) {
  const std::filesystem::path ending = path.extension();
  if (ending == ".png") return write_png(path, image);
  if (ending == ".jpg" || ending == ".jpeg") return write_jpeg(path, image);
  fail(path.string(), ": pictures are written as .png, .jpg or .jpeg");
}

}  // namespace lathe::image
