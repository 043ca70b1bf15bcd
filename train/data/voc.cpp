#include "train/data/voc.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <set>

#include "core/error.h"
#include "core/read_file.h"
#include "train/data/image_files.h"
#include "train/data/xml.h"

namespace lathe::train {
namespace {

namespace fs = std::filesystem;
using augment::Box;

/// A file's outermost element.
struct File {
  std::string name;
  XmlElement root;

  template <class... Parts>
  [[noreturn]] void refuse(const XmlElement& at, const Parts&... parts) const {
    fail(name, ": line ", at.line, ": ", parts...);
  }
  const XmlElement& child(const XmlElement& of, const char* child_name) const {
    const XmlElement* found = of.child(child_name);
    if (found == nullptr) {
      refuse(of, "<", of.name, "> has no <", child_name, ">");
    }
    return *found;
  }
  double number(const XmlElement& of, const char* child_name) const {
    const XmlElement& element = child(of, child_name);
    const std::string& text = element.text;
    double value = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || error != std::errc() || rest != end ||
        !std::isfinite(value)) {
      refuse(element, child_name, " is '", text, "'; a number would be right");
    }
    return value;
  }
  std::int64_t extent(const XmlElement& of, const char* child_name) const {
    const double value = number(of, child_name);
    if (!(value >= 1 && value < 1e9 && value == std::floor(value))) {
      refuse(child(of, child_name), child_name, " is ", value,
             "; a whole number above 0 would be right");
    }
    return static_cast<std::int64_t>(value);
  }
};

File read(const fs::path& path) {
  File result{.name = path.string(),
              .root = parse_xml(read_file(path), path.string())};
  if (result.root.name != "annotation") {
    result.refuse(result.root, "<", result.root.name,
                  "> where <annotation> would be right");
  }
  return result;
}

Box box_of(const File& file, const XmlElement& object) {
  const XmlElement& bounds = file.child(object, "bndbox");
  Box box{.x0 = static_cast<float>(file.number(bounds, "xmin") - 1),
          .y0 = static_cast<float>(file.number(bounds, "ymin") - 1),
          .x1 = static_cast<float>(file.number(bounds, "xmax")),
          .y1 = static_cast<float>(file.number(bounds, "ymax"))};
  if (!(box.width() >= 1 && box.height() >= 1)) {
    file.refuse(bounds, "xmin or ymin is behind xmax or ymax");
  }
  const XmlElement* difficult = object.child("difficult");
  box.valid = difficult == nullptr || difficult->text == "0";
  return box;
}

bool is_object(const XmlElement& element) {
  return element.name == "object";
}

std::vector<std::string> names_in(const std::vector<File>& files) {
  std::set<std::string> names;
  for (const File& file : files) {
    for (const XmlElement& element : file.root.children) {
      if (is_object(element)) names.insert(file.child(element, "name").text);
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace

AnnotatedImages read_voc(const fs::path& folder,
                         std::vector<std::string> class_names) {
  if (!fs::is_directory(folder)) {
    fail(folder.string(), ": is no folder of annotations");
  }
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".xml") paths.push_back(entry.path());
  }
  if (paths.empty()) fail(folder.string(), ": holds no .xml files");
  std::ranges::sort(paths);
  std::vector<File> files;
  files.reserve(paths.size());
  for (const fs::path& path : paths) files.push_back(read(path));
  AnnotatedImages result;
  result.class_names =
      class_names.empty() ? names_in(files) : std::move(class_names);
  for (const File& file : files) {
    const XmlElement& size = file.child(file.root, "size");
    AnnotatedImage image{.file_name = file.child(file.root, "filename").text,
                         .size = {.height = file.extent(size, "height"),
                                  .width = file.extent(size, "width")},
                         .annotations = {}};
    for (const XmlElement& element : file.root.children) {
      if (!is_object(element)) continue;
      const XmlElement& name = file.child(element, "name");
      const auto known = std::ranges::find(result.class_names, name.text);
      if (known == result.class_names.end()) {
        file.refuse(name, "'", name.text, "' is none of the known classes: ",
                    some(result.class_names, kNamesInMessages));
      }
      Box box = box_of(file, element);
      box.class_id =
          static_cast<std::int32_t>(known - result.class_names.begin());
      image.annotations.boxes.push_back(box);
    }
    result.images.push_back(std::move(image));
  }
  return result;
}

}  // namespace lathe::train
