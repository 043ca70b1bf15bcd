#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/tensor.h"

namespace lathe::train {

struct ImageFiles {
  /// By folder, then by name.
  std::vector<std::filesystem::path> paths;
  /// Hidden files and folders, and files that are no images.
  std::int64_t skipped = 0;
};

/// The images in a folder; with `recursive` also those in the folders below,
/// in the order of Keras' image_dataset_from_directory, without following
/// links to folders. Throws Error where there is no such folder, and where it
/// holds no image.
ImageFiles find_images(const std::filesystem::path& folder,
                       bool recursive = false);

/// Writes a picture, uint8 (h, w, c), in the size and channels of `image`,
/// uint8 (H, W, C): interpolated bilinearly, grey repeated for colour, colour
/// weighted for grey (ITU-R BT.601). Channels are 1 or 3.
void resize_into(const Tensor& picture, const Tensor& image);

/// How many class names a message lists.
inline constexpr std::size_t kNamesInMessages = 10;

/// The first names of a list for a message: "a, b, c, ...".
std::string some(const std::vector<std::string>& names, std::size_t most = 3);

}  // namespace lathe::train
