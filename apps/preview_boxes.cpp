#include "apps/preview_boxes.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "core/error.h"
#include "core/graph/operations/loss.h"
#include "core/image/read_image.h"
#include "train/data/coco.h"
#include "train/data/image_files.h"
#include "train/data/voc.h"
#include "train/data/yolo.h"

namespace lathe::apps {
namespace {

namespace fs = std::filesystem;
using augment::Annotations;
using augment::ImageSize;
using train::AnnotatedImage;

std::string file_name(const fs::path& path) {
  return path.filename().string();
}

bool holds(const fs::path& folder, const char* extension) {
  return std::ranges::any_of(fs::directory_iterator(folder),
                             [&](const fs::directory_entry& entry) {
                               return entry.path().extension() == extension;
                             });
}

ImageSize size_of(const fs::path& image) {
  const Shape shape = image::read_image(image).shape();
  return {.height = shape[0], .width = shape[1]};
}

void scale(Annotations& annotations, ImageSize from, ImageSize to) {
  const float x = static_cast<float>(to.width) / static_cast<float>(from.width);
  const float y =
      static_cast<float>(to.height) / static_cast<float>(from.height);
  for (augment::Box& box : annotations.boxes) {
    box.x0 *= x;
    box.x1 *= x;
    box.y0 *= y;
    box.y1 *= y;
  }
  for (augment::Keypoint& keypoint : annotations.keypoints) {
    keypoint.x *= x;
    keypoint.y *= y;
  }
}

// Of the files that images were read from; boxes are found by them.
std::set<std::string> names_in(const train::Dataset& data) {
  std::set<std::string> names;
  for (std::int64_t i = 0; i < data.size(); ++i) {
    if (!names.insert(file_name(data.name(i))).second) {
      fail(data.name(i), ": a second image of that name, by which boxes are ",
           "found");
    }
  }
  return names;
}

fs::path text_of(const fs::path& folder, const fs::path& image) {
  return folder / fs::path(file_name(image)).replace_extension("txt");
}

std::vector<AnnotatedImage> read_texts(const fs::path& folder,
                                       const std::vector<fs::path>& images) {
  std::vector<AnnotatedImage> result;
  result.reserve(images.size());
  for (const fs::path& image : images) {
    result.push_back({.file_name = file_name(image),
                      .size = size_of(image),
                      .annotations = {}});
  }
  // How many classes there are, a file beside the texts says.
  read_yolo(folder, std::numeric_limits<std::int32_t>::max(), result);
  return result;
}

std::vector<AnnotatedImage> read_any(const fs::path& path,
                                     const std::set<std::string>& names,
                                     const std::vector<fs::path>& images) {
  std::vector<AnnotatedImage> result;
  bool any = false;
  if (fs::is_directory(path) && !holds(path, ".xml")) {
    if (!holds(path, ".txt")) {
      fail(path.string(), ": holds neither Pascal VOC's .xml files nor YOLO's ",
           ".txt files; COCO's are a .json file");
    }
    any = std::ranges::any_of(names, [&](const std::string& name) {
      return fs::exists(text_of(path, name));
    });
    if (any) result = read_texts(path, images);
  } else {
    result = (fs::is_directory(path) ? train::read_voc(path)
                                     : train::read_coco(path))
                 .images;
    any = std::ranges::any_of(result, [&](const AnnotatedImage& image) {
      return names.contains(file_name(image.file_name));
    });
  }
  if (!any) {
    fail(path.string(), ": knows none of the images, such as ", *names.begin());
  }
  return result;
}

}  // namespace

PreviewBoxes read_boxes(const fs::path& path, const train::Dataset& data,
                        const std::vector<fs::path>& images, ImageSize size) {
  std::map<std::string, AnnotatedImage> found;
  for (AnnotatedImage& image : read_any(path, names_in(data), images)) {
    const std::string name = file_name(image.file_name);
    if (!found.emplace(name, std::move(image)).second) {
      fail(path.string(), ": a second image of the name ", name,
           ", by which boxes are found");
    }
  }
  PreviewBoxes result;
  std::vector<std::string> unknown;
  std::size_t boxes = 0;
  std::size_t keypoints = 0;
  for (const fs::path& image : images) {
    Annotations& annotations = result.annotations.emplace_back();
    const auto entry = found.find(file_name(image));
    if (entry == found.end()) {
      unknown.push_back(file_name(image));
      continue;
    }
    const ImageSize there = entry->second.size;
    const ImageSize here = size_of(image);
    if (there != here) {
      fail(path.string(), ": ", file_name(image), " is ", there.height, " x ",
           there.width, " there, and the file ", here.height, " x ",
           here.width);
    }
    annotations = entry->second.annotations;
    scale(annotations, here, size);
    boxes += annotations.boxes.size();
    keypoints += annotations.keypoints.size();
  }
  result.report = concat(boxes, " boxes and ", keypoints, " keypoints in ",
                         images.size(), " images");
  if (!unknown.empty()) {
    result.report += concat(", of which ", path.filename().string(),
                            " doesn't know ", train::some(unknown));
  }
  return result;
}

std::vector<Annotations> boxes_around(const Tensor& masks) {
  const std::int64_t height = masks.shape()[1];
  const std::int64_t width = masks.shape()[2];
  const auto* id = masks.data<std::uint8_t>();
  std::vector<Annotations> result;
  for (std::int64_t n = 0; n < masks.shape()[0]; ++n) {
    std::map<std::uint8_t, augment::Box> boxes;
    for (std::int64_t y = 0; y < height; ++y) {
      for (std::int64_t x = 0; x < width; ++x, ++id) {
        if (*id == 0 || *id == graph::kIgnoredTarget) continue;
        const augment::Box pixel{.x0 = static_cast<float>(x),
                                 .y0 = static_cast<float>(y),
                                 .x1 = static_cast<float>(x + 1),
                                 .y1 = static_cast<float>(y + 1),
                                 .class_id = *id};
        augment::Box& box = boxes.try_emplace(*id, pixel).first->second;
        box.x0 = std::min(box.x0, pixel.x0);
        box.x1 = std::max(box.x1, pixel.x1);
        box.y1 = pixel.y1;
      }
    }
    Annotations& annotations = result.emplace_back();
    for (const auto& [name, box] : boxes) annotations.boxes.push_back(box);
  }
  return result;
}

}  // namespace lathe::apps
