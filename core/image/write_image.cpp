#include "core/image/write_image.h"

#include <stb/stb_image_write.h>

#include <vector>

#include "core/atomic_file.h"
#include "core/error.h"

namespace lathe::image {

void write_png(const std::filesystem::path& path, const Tensor& image) {
  const Shape& shape = image.shape();
  if (shape.rank() != 3 || image.dtype() != DType::uint8 ||
      (shape[2] != 1 && shape[2] != 3 && shape[2] != 4) ||
      image.elements() < 1) {
    fail(path.string(), ": a PNG is written from uint8 (H, W, 1, 3 or 4), not ",
         image.spec());
  }
  std::vector<std::byte> bytes;
  const auto append = [](void* context, void* data, int size) {
    auto& all = *static_cast<std::vector<std::byte>*>(context);
    const auto* piece = static_cast<const std::byte*>(data);
    all.insert(all.end(), piece, piece + size);
  };
  if (stbi_write_png_to_func(append, &bytes, static_cast<int>(shape[1]),
                             static_cast<int>(shape[0]),
                             static_cast<int>(shape[2]), image.raw(), 0) == 0) {
    fail(path.string(), ": the PNG can't be made");
  }
  write_atomically(path, bytes);
}

}  // namespace lathe::image
