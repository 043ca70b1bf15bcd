#include "train/data/yolo.h"

#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>

#include "augment/box_format.h"
#include "core/atomic_file.h"
#include "core/error.h"
#include "core/plain_text.h"

namespace lathe::train {
namespace {

namespace fs = std::filesystem;
using augment::Annotations;
using augment::Box;
using augment::BoxFormat;
using augment::ImageSize;
using augment::Keypoint;
using augment::Visibility;

constexpr std::size_t kOfBox = 5;

/// A line of a file.
struct Line {
  std::string place;
  std::vector<double> numbers;

  template <class... Parts>
  [[noreturn]] void refuse(const Parts&... parts) const {
    fail(place, ": ", parts...);
  }
  // A part of the image.
  double part(std::size_t i, const char* what) const {
    if (!(numbers[i] >= 0 && numbers[i] <= 1)) {
      refuse(what, " is ", numbers[i],
             "; a part of the image, from 0 to 1, would be right");
    }
    return numbers[i];
  }
};

Line line_of(const std::string& text, std::string place) {
  Line line{.place = std::move(place), .numbers = {}};
  std::istringstream words(text);
  std::string word;
  while (words >> word) {
    double value = 0;
    const char* end = word.data() + word.size();
    const auto [rest, error] = std::from_chars(word.data(), end, value);
    if (error != std::errc() || rest != end || !std::isfinite(value)) {
      line.refuse("'", word, "' is not a number");
    }
    line.numbers.push_back(value);
  }
  return line;
}

void add(const Line& line, std::int64_t classes, ImageSize size,
         Annotations& annotations) {
  const auto& numbers = line.numbers;
  if (numbers.size() < kOfBox || (numbers.size() - kOfBox) % 3 != 0) {
    line.refuse("has ", numbers.size(),
                " numbers; class, middle, width and height, then x, y and "
                "visibility of each keypoint, would be right");
  }
  if (numbers[0] != std::floor(numbers[0]) || numbers[0] < 0 ||
      numbers[0] >= static_cast<double>(classes)) {
    line.refuse("the class is ", numbers[0], "; there are 0 to ", classes - 1);
  }
  Box box = augment::box_from(
      {line.part(1, "the middle's x"), line.part(2, "the middle's y"),
       line.part(3, "the width"), line.part(4, "the height")},
      {.format = BoxFormat::cxcywh, .relative_to = size});
  box.class_id = static_cast<std::int32_t>(numbers[0]);
  box.valid = box.width() > 0 && box.height() > 0;
  annotations.boxes.push_back(box);
  for (std::size_t i = kOfBox; i < numbers.size(); i += 3) {
    const double visibility = numbers[i + 2];
    if (visibility != 0 && visibility != 1 && visibility != 2) {
      line.refuse("a keypoint's visibility is ", visibility,
                  "; 0, 1 or 2 would be right");
    }
    Keypoint keypoint{
        .visibility = Visibility{static_cast<int>(visibility)},
        .box = static_cast<std::int32_t>(annotations.boxes.size()) - 1};
    if (keypoint.visibility != Visibility::unlabelled) {
      keypoint.x = static_cast<float>(line.part(i, "a keypoint's x") *
                                      static_cast<double>(size.width));
      keypoint.y = static_cast<float>(line.part(i + 1, "a keypoint's y") *
                                      static_cast<double>(size.height));
    }
    annotations.keypoints.push_back(keypoint);
  }
}

fs::path labels_of(const fs::path& folder, const AnnotatedImage& image) {
  return folder / fs::path(image.file_name).filename().replace_extension("txt");
}

}  // namespace

void read_yolo(const fs::path& folder, std::int64_t classes,
               std::vector<AnnotatedImage>& images) {
  if (!fs::is_directory(folder)) {
    fail(folder.string(), ": is no folder of labels");
  }
  for (AnnotatedImage& image : images) {
    const fs::path path = labels_of(folder, image);
    if (!fs::exists(path)) continue;
    std::ifstream file(path);
    if (!file) fail(path.string(), ": can't be opened");
    std::string text;
    for (int number = 1; std::getline(file, text); ++number) {
      const Line line = line_of(text, concat(path.string(), ": line ", number));
      if (line.numbers.empty()) continue;
      add(line, classes, image.size, image.annotations);
    }
  }
}

void write_yolo(const fs::path& folder,
                const std::vector<AnnotatedImage>& images) {
  for (const AnnotatedImage& image : images) {
    PlainText text;
    text.precision(9);
    const auto& [boxes, keypoints] = image.annotations;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      if (!boxes[i].valid) continue;
      text << boxes[i].class_id;
      for (const double number : numbers_of(
               boxes[i],
               {.format = BoxFormat::cxcywh, .relative_to = image.size})) {
        text << ' ' << number;
      }
      for (const Keypoint& each : keypoints) {
        if (each.box != static_cast<std::int32_t>(i)) continue;
        text << ' ' << each.x / static_cast<double>(image.size.width) << ' '
             << each.y / static_cast<double>(image.size.height) << ' '
             << static_cast<int>(each.visibility);
      }
      text << '\n';
    }
    write_atomically(labels_of(folder, image), text.str());
  }
}

}  // namespace lathe::train
