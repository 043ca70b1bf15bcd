#include "train/data/coco.h"

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "augment/box_format.h"
#include "core/atomic_file.h"
#include "core/error.h"
#include "core/read_file.h"
#include "layers/parse_json.h"

namespace lathe::train {
namespace {

namespace fs = std::filesystem;
using augment::Box;
using augment::BoxFormat;
using augment::Keypoint;
using augment::Visibility;
using nlohmann::json;

constexpr double kHalfPixel = 0.5;

json parsed(const fs::path& path) {
  const std::string text = read_file(path);
  try {
    return layers::parse_json(text);
  } catch (const Error& error) {
    fail(path.string(), ": ", error.what());
  }
}

/// An object of the file, which knows its place for messages.
class Entry {
 public:
  Entry(const json& value, std::string place)
      : value_(value), place_(std::move(place)) {
    if (!value.is_object()) refuse("is no object");
  }

  template <class... Parts>
  [[noreturn]] void refuse(const Parts&... parts) const {
    fail(place_, ": ", parts...);
  }

  bool has(const char* name) const {
    return value_.contains(name) && !value_[name].is_null();
  }
  std::int64_t integer(const char* name) const {
    if (!has(name) || !value_[name].is_number_integer()) {
      refuse(name, has(name) ? " is " + value_[name].dump() : " is missing",
             "; a whole number would be right");
    }
    return value_[name].get<std::int64_t>();
  }
  std::int64_t extent(const char* name) const {
    const std::int64_t result = integer(name);
    if (result < 1) refuse(name, " is ", result, "; it must be above 0");
    return result;
  }
  std::string text(const char* name) const {
    if (!has(name) || !value_[name].is_string()) {
      refuse(name, has(name) ? " is " + value_[name].dump() : " is missing",
             "; a text would be right");
    }
    return value_[name].get<std::string>();
  }
  std::vector<double> numbers(const char* name) const {
    std::vector<double> result;
    if (value_[name].is_array()) {
      for (const json& number : value_[name]) {
        if (!number.is_number()) break;
        result.push_back(number.get<double>());
      }
    }
    if (!value_[name].is_array() || result.size() != value_[name].size()) {
      refuse(name, " is ", value_[name].dump(),
             "; a list of numbers would be right");
    }
    return result;
  }

 private:
  const json& value_;
  std::string place_;
};

std::vector<Entry> entries(const json& whole, const fs::path& path,
                           const std::string& name) {
  if (!whole.is_object() || !whole.contains(name) || !whole[name].is_array()) {
    fail(path.string(), ": has no list of ", name,
         "; a COCO file has images, annotations and categories");
  }
  std::vector<Entry> result;
  for (std::size_t i = 0; i < whole[name].size(); ++i) {
    result.emplace_back(whole[name][i],
                        concat(path.string(), ": ", name, "[", i, "]"));
  }
  return result;
}

std::map<std::int64_t, std::string> categories(const json& whole,
                                               const fs::path& path) {
  std::map<std::int64_t, std::string> result;
  for (const Entry& entry : entries(whole, path, "categories")) {
    const std::int64_t id = entry.integer("id");
    if (!result.emplace(id, entry.text("name")).second) {
      entry.refuse("a second category of id ", id);
    }
  }
  return result;
}

Box box_of(const Entry& entry) {
  const std::vector<double> numbers = entry.numbers("bbox");
  if (numbers.size() != 4) {
    entry.refuse("bbox has ", numbers.size(),
                 " numbers; left, top, width and height would be right");
  }
  if (numbers[2] < 0 || numbers[3] < 0) {
    entry.refuse("bbox is ", numbers[2], " wide and ", numbers[3],
                 " high; neither can be below 0");
  }
  Box box = augment::box_from({numbers[0], numbers[1], numbers[2], numbers[3]},
                              {.format = BoxFormat::xywh});
  const bool crowd = entry.has("iscrowd") && entry.integer("iscrowd") != 0;
  box.valid = !crowd && box.width() > 0 && box.height() > 0;
  return box;
}

void add_keypoints(const Entry& entry, std::int32_t box,
                   std::vector<Keypoint>& keypoints) {
  const std::vector<double> numbers = entry.numbers("keypoints");
  if (numbers.size() % 3 != 0) {
    entry.refuse("keypoints are ", numbers.size(),
                 " numbers; x, y and visibility of each would be right");
  }
  for (std::size_t i = 0; i < numbers.size(); i += 3) {
    const double visibility = numbers[i + 2];
    if (visibility != 0 && visibility != 1 && visibility != 2) {
      entry.refuse("the visibility of keypoint ", i / 3, " is ", visibility,
                   "; 0, 1 or 2 would be right");
    }
    Keypoint keypoint{.visibility = Visibility{static_cast<int>(visibility)},
                      .box = box};
    if (keypoint.visibility != Visibility::unlabelled) {
      keypoint.x = static_cast<float>(numbers[i] + kHalfPixel);
      keypoint.y = static_cast<float>(numbers[i + 1] + kHalfPixel);
    }
    keypoints.push_back(keypoint);
  }
}

json json_of(const Box& box, std::span<const Keypoint> keypoints) {
  const auto numbers = numbers_of(box, {.format = BoxFormat::xywh});
  json result{{"category_id", box.class_id + 1},
              {"bbox", numbers},
              {"area", numbers[2] * numbers[3]},
              {"iscrowd", box.valid ? 0 : 1}};
  if (keypoints.empty()) return result;
  json triples = json::array();
  int labelled = 0;
  for (const Keypoint& each : keypoints) {
    const bool known = each.visibility != Visibility::unlabelled;
    triples.push_back(known ? each.x - kHalfPixel : 0.0);
    triples.push_back(known ? each.y - kHalfPixel : 0.0);
    triples.push_back(static_cast<int>(each.visibility));
    labelled += known ? 1 : 0;
  }
  result["keypoints"] = std::move(triples);
  result["num_keypoints"] = labelled;
  return result;
}

}  // namespace

AnnotatedImages read_coco(const fs::path& path) {
  const json whole = parsed(path);
  AnnotatedImages result;
  std::map<std::int64_t, std::int32_t> class_of;
  for (const auto& [id, name] : categories(whole, path)) {
    class_of[id] = static_cast<std::int32_t>(result.class_names.size());
    result.class_names.push_back(name);
  }
  std::map<std::int64_t, std::size_t> image_of;
  for (const Entry& entry : entries(whole, path, "images")) {
    const std::int64_t id = entry.integer("id");
    if (!image_of.emplace(id, result.images.size()).second) {
      entry.refuse("a second image of id ", id);
    }
    result.images.push_back({.file_name = entry.text("file_name"),
                             .size = {.height = entry.extent("height"),
                                      .width = entry.extent("width")},
                             .annotations = {}});
  }
  for (const Entry& entry : entries(whole, path, "annotations")) {
    const auto image = image_of.find(entry.integer("image_id"));
    if (image == image_of.end()) {
      entry.refuse("there is no image of id ", entry.integer("image_id"));
    }
    const auto category = class_of.find(entry.integer("category_id"));
    if (category == class_of.end()) {
      entry.refuse("there is no category of id ", entry.integer("category_id"));
    }
    auto& [boxes, keypoints] = result.images[image->second].annotations;
    if (!entry.has("bbox")) {
      entry.refuse(
          "bbox is missing; left, top, width and height would be "
          "right");
    }
    boxes.push_back(box_of(entry));
    boxes.back().class_id = category->second;
    if (entry.has("keypoints")) {
      add_keypoints(entry, static_cast<std::int32_t>(boxes.size()) - 1,
                    keypoints);
    }
  }
  return result;
}

void write_coco(const fs::path& path, const AnnotatedImages& annotated) {
  json images = json::array();
  json annotations = json::array();
  json categories = json::array();
  for (const std::string& name : annotated.class_names) {
    categories.push_back({{"id", categories.size() + 1}, {"name", name}});
  }
  for (const AnnotatedImage& image : annotated.images) {
    images.push_back({{"id", images.size() + 1},
                      {"file_name", image.file_name},
                      {"height", image.size.height},
                      {"width", image.size.width}});
    const auto& [boxes, keypoints] = image.annotations;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      const auto is_of_box = [i](const Keypoint& each) {
        return each.box == static_cast<std::int32_t>(i);
      };
      const auto first = std::ranges::find_if(keypoints, is_of_box);
      const auto last = std::find_if_not(first, keypoints.end(), is_of_box);
      json entry = json_of(boxes[i], {first, last});
      entry["id"] = annotations.size() + 1;
      entry["image_id"] = images.size();
      annotations.push_back(std::move(entry));
    }
  }
  const json whole{{"images", std::move(images)},
                   {"annotations", std::move(annotations)},
                   {"categories", std::move(categories)}};
  write_atomically(path, whole.dump() + "\n");
}

}  // namespace lathe::train
