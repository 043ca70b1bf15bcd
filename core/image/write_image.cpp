#include "core/image/write_image.h"

#include <stb/stb_image_write.h>

#include "core/atomic_file.h"
#include "core/error.h"

namespace lathe::image {

namespace {

void append(void* bytes, void* data, int size) {
  static_cast<std::string*>(bytes)->append(static_cast<const char*>(data),
                                           static_cast<std::size_t>(size));
}

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

}  // namespace

std::string encode_png(const Tensor& image) {
  check("encode_png", image, 4);
  const Shape& shape = image.shape();
  std::string bytes;
  if (stbi_write_png_to_func(append, &bytes, static_cast<int>(shape[1]),
                             static_cast<int>(shape[0]),
                             static_cast<int>(shape[2]), image.raw(), 0) == 0) {
    fail("encode_png: a PNG of ", image.spec(), " can't be made");
  }
  return bytes;
}

std::string encode_jpeg(const Tensor& image, int quality) {
  check("encode_jpeg", image, 3);
  if (quality < 1 || quality > 100) {
    fail("encode_jpeg: a quality of ", quality, "; there are 1 to 100");
  }
  const Shape& shape = image.shape();
  std::string bytes;
  if (stbi_write_jpg_to_func(append, &bytes, static_cast<int>(shape[1]),
                             static_cast<int>(shape[0]),
                             static_cast<int>(shape[2]), image.raw(),
                             quality) == 0) {
    fail("encode_jpeg: a JPEG of ", image.spec(), " can't be made");
  }
  return bytes;
}

void write_png(const std::filesystem::path& path, const Tensor& image) {
  check(path.string(), image, 4);
  write_atomically(path, encode_png(image));
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
