#include "train/data/image_files.h"

#include <algorithm>

#include "core/error.h"
#include "core/image/read_image.h"
#include "core/image/resize.h"

namespace lathe::train {
namespace {

namespace fs = std::filesystem;

void collect(const fs::path& folder, bool recursive, ImageFiles& found) {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const fs::path& path = entry.path();
    const bool hidden = path.filename().string().starts_with('.');
    if (recursive && !hidden && entry.is_directory() && !entry.is_symlink()) {
      collect(path, recursive, found);
    } else if (hidden || !entry.is_regular_file() ||
               !image::is_image_name(path)) {
      ++found.skipped;
    } else {
      found.paths.push_back(path);
    }
  }
}

}  // namespace

ImageFiles find_images(const fs::path& folder, bool recursive) {
  if (!fs::is_directory(folder)) {
    fail(folder.string(), ": there is no such folder");
  }
  ImageFiles found;
  collect(folder, recursive, found);
  if (found.paths.empty()) {
    fail(folder.string(), ": holds no images (", found.skipped,
         " other files or folders); JPEG, PNG, BMP and GIF are read");
  }
  std::ranges::sort(found.paths, {}, [](const fs::path& path) {
    return std::pair(path.parent_path().string(), path.filename().string());
  });
  return found;
}

void resize_into(const Tensor& picture, const Tensor& image) {
  const Shape& shape = image.shape();
  const std::int64_t channels = picture.shape()[2];
  if (channels == shape[2]) return image::resize_bilinear(picture, image);
  const Tensor resized({shape[0], shape[1], channels}, DType::uint8);
  image::resize_bilinear(picture, resized);
  const auto* from = resized.data<std::uint8_t>();
  auto* to = image.data<std::uint8_t>();
  for (std::int64_t i = 0; i < shape[0] * shape[1]; ++i) {
    if (channels == 1) {
      to = std::fill_n(to, shape[2], *from++);
    } else {
      // In 1000ths, rounded.
      *to++ = static_cast<std::uint8_t>(
          (299 * from[0] + 587 * from[1] + 114 * from[2] + 500) / 1000);
      from += channels;
    }
  }
}

std::string some(const std::vector<std::string>& names, std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  return names.size() > most ? text + ", ..." : text;
}

}  // namespace lathe::train
