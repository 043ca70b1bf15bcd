#include "train/data/segmentation_folder.h"

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/graph/operations/loss.h"
#include "core/image/read_image.h"
#include "core/image/resize.h"
#include "train/data/image_files.h"
#include "train/data/window.h"

namespace lathe::train {
namespace {

namespace fs = std::filesystem;

// Files by stem, in order.
using Files = std::map<std::string, fs::path>;

Files by_stem(const fs::path& folder, std::int64_t& skipped) {
  const ImageFiles found = find_images(folder);
  skipped += found.skipped;
  Files files;
  for (const fs::path& path : found.paths) {
    const auto [place, added] = files.emplace(path.stem().string(), path);
    if (!added) {
      fail(path.string(), ": has the name of ", place->second.string(),
           "; only one of them can have a mask");
    }
  }
  return files;
}

// The suffix that most masks' names have behind the name of an image.
std::string find_suffix(const Files& images, const Files& masks) {
  std::map<std::string, std::size_t> found;
  for (const auto& [stem, path] : masks) {
    // The longest image name that begins it counts: of a1 and a10, a10_mask is
    // the second one's.
    for (std::size_t length = stem.size() + 1; length-- > 0;) {
      if (images.contains(stem.substr(0, length))) {
        ++found[stem.substr(length)];
        break;
      }
    }
  }
  const auto most = std::max_element(
      found.begin(), found.end(),
      [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == found.end() ? "" : most->first;
}

graph::Size2D size_of(const WholeSample& whole) {
  return {.height = whole.image.shape()[0], .width = whole.image.shape()[1]};
}

void copy(const WholeSample& whole, const WindowPlace& place,
          const Tensor& image, const Tensor& mask) {
  copy_window(whole.image, place, 0, image);
  copy_window(whole.ids, place, graph::kIgnoredTarget, mask);
}

}  // namespace

SegmentationFolder::SegmentationFolder(const fs::path& images,
                                       const fs::path& masks,
                                       SegmentationFolderOptions options)
    : options_(std::move(options)),
      values_(options_.mask_values, options_.classes) {
  const Files image_files = by_stem(images, skipped_);
  const Files mask_files = by_stem(masks, skipped_);
  suffix_ = options_.mask_suffix ? *options_.mask_suffix
                                 : find_suffix(image_files, mask_files);
  std::vector<std::string> without_mask;
  for (const auto& [stem, path] : image_files) {
    const auto mask = mask_files.find(stem + suffix_);
    if (mask == mask_files.end()) {
      without_mask.push_back(path.filename().string());
    } else {
      pairs_.push_back({.image = path, .mask = mask->second});
    }
  }
  std::vector<std::string> without_image;
  for (const auto& [stem, path] : mask_files) {
    const bool ends = stem.ends_with(suffix_);
    if (!ends ||
        !image_files.contains(stem.substr(0, stem.size() - suffix_.size()))) {
      without_image.push_back(path.filename().string());
    }
  }
  unpaired_ =
      static_cast<std::int64_t>(without_mask.size() + without_image.size());
  if (pairs_.empty()) {
    fail(images.string(), ": no image has a mask in ", masks.string(),
         "; they pair by name, such as a.jpg and a.png or a_mask.png");
  }
  if (!options_.skip_unpaired && !without_mask.empty()) {
    fail(images.string(), ": ", without_mask.size(), " images have no mask in ",
         masks.string(), ": ", some(without_mask),
         "; --skip-bad leaves them out");
  }
  if (!options_.skip_unpaired && !without_image.empty()) {
    fail(masks.string(), ": ", without_image.size(), " masks have no image in ",
         images.string(), ": ", some(without_image),
         "; --skip-bad leaves them out");
  }
  if (options_.limit > 0 &&
      options_.limit < static_cast<std::int64_t>(pairs_.size())) {
    pairs_.resize(static_cast<std::size_t>(options_.limit));
  }
}

TensorSpec SegmentationFolder::image_spec() const {
  return {{options_.size.height, options_.size.width, 3}, DType::uint8};
}

TensorSpec SegmentationFolder::target_spec() const {
  return {{options_.size.height, options_.size.width, 1}, DType::uint8};
}

std::string SegmentationFolder::name(std::int64_t index) const {
  return pair(index).image.string();
}

void SegmentationFolder::read(std::int64_t index, const Tensor& image,
                              const Tensor& mask) const {
  if (options_.crop) {
    const WholeSample whole = read_whole(index);
    return copy(whole, middle_window(size_of(whole), options_.size), image,
                mask);
  }
  image::read_image(pair(index).image, image);
  image::resize_nearest(read_ids(pair(index).mask), mask);
}

void SegmentationFolder::read_drawn(std::int64_t index, const RandomKey& key,
                                    const Tensor& image,
                                    const Tensor& mask) const {
  if (!options_.crop) return read(index, image, mask);
  const WholeSample whole = read_whole(index);
  Philox random(key);
  copy(whole,
       options_.balanced ? balanced_window(whole.ids, options_.size, random)
                         : drawn_window(size_of(whole), options_.size, random),
       image, mask);
}

WholeSample SegmentationFolder::read_whole(std::int64_t index) const {
  WholeSample whole{.image = image::read_image(pair(index).image),
                    .ids = read_ids(pair(index).mask)};
  const Shape& size = whole.image.shape();
  if (whole.ids.shape() != Shape{size[0], size[1], 1}) {
    const Tensor ids({size[0], size[1], 1}, DType::uint8);
    image::resize_nearest(whole.ids, ids);
    whole.ids = ids;
  }
  return whole;
}

void SegmentationFolder::count_pixels(std::int64_t index,
                                      std::span<std::int64_t> counts) const {
  const fs::path& mask = pair(index).mask;
  add_pixel_counts(read_ids(mask), counts, mask.string());
}

Tensor SegmentationFolder::read_ids(const fs::path& mask) const {
  if (options_.mask_colors) {
    return options_.mask_colors->ids_of(image::read_image(mask), mask.string());
  }
  Tensor ids = image::read_mask(mask);
  values_.apply(ids, mask.string());
  return ids;
}

std::string SegmentationFolder::report() const {
  std::string text = concat(size(), " pairs");
  if (!suffix_.empty()) text += ", masks end in " + suffix_;
  if (unpaired_ > 0)
    text += concat(", ", unpaired_, " files without a partner");
  if (skipped_ > 0) text += concat(", ", skipped_, " other files skipped");
  return text;
}

}  // namespace lathe::train
