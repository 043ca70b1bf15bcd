#include "train/data/classified_set.h"

#include <algorithm>

#include "core/error.h"
#include "core/image/read_image.h"
#include "train/data/image_files.h"
#include "train/data/labels.h"

namespace lathe::train {

ClassifiedSet::ClassifiedSet(ClassifiedSetOptions options)
    : options_(std::move(options)) {
  if (options_.size.height < 1 || options_.size.width < 1) {
    fail("data set: images of ", options_.size.height, " x ",
         options_.size.width, " pixels");
  }
  if (options_.channels != 1 && options_.channels != 3) {
    fail("data set: images of ", options_.channels,
         " channels; 3 (colour) and 1 (grey) are possible");
  }
}

void ClassifiedSet::settle(std::vector<std::string> class_names,
                           const std::vector<std::int32_t>& labels,
                           std::int64_t skipped) {
  options_.class_names = std::move(class_names);
  skipped_ = skipped;
  places_ = first_of_each_class(
      labels, options_.limit > 0 ? options_.limit
                                 : static_cast<std::int64_t>(labels.size()));
  for (const std::int64_t place : places_) {
    labels_.push_back(labels[static_cast<std::size_t>(place)]);
  }
}

TensorSpec ClassifiedSet::image_spec() const {
  return {{options_.size.height, options_.size.width, options_.channels},
          DType::uint8};
}

void ClassifiedSet::read(std::int64_t index, const Tensor& image,
                         const Tensor& target) const {
  read_image(places_[static_cast<std::size_t>(index)], image);
  target.values<std::int32_t>()[0] = label(index);
}

std::string ClassifiedSet::name(std::int64_t index) const {
  return image_name(places_[static_cast<std::size_t>(index)]);
}

std::string ClassifiedSet::report() const {
  const auto classes = static_cast<std::int64_t>(class_names().size());
  const std::vector<std::int64_t> counts = class_counts(labels_, classes);
  const auto [least, most] = std::ranges::minmax(counts);
  std::string text = concat(size(), " images in ", classes, " classes, ");
  if (least < most) text += concat(least, " to ");
  text += concat(most, " a class");
  std::vector<std::string> absent;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) absent.push_back(class_names()[i]);
  }
  if (!absent.empty()) text += ", none of " + some(absent);
  if (skipped_ > 0) text += concat(", ", skipped_, " other files skipped");
  return text;
}

void ClassifiedFiles::settle_files(std::vector<std::filesystem::path> files,
                                   std::vector<std::string> class_names,
                                   const std::vector<std::int32_t>& labels,
                                   std::int64_t skipped) {
  files_ = std::move(files);
  settle(std::move(class_names), labels, skipped);
}

void ClassifiedFiles::read_image(std::int64_t place,
                                 const Tensor& image) const {
  const std::filesystem::path& file = files_[static_cast<std::size_t>(place)];
  if (image.shape()[2] == 3) return image::read_image(file, image);
  const Tensor colour({image.shape()[0], image.shape()[1], 3}, DType::uint8);
  image::read_image(file, colour);
  resize_into(colour, image);
}

std::string ClassifiedFiles::image_name(std::int64_t place) const {
  return files_[static_cast<std::size_t>(place)].string();
}

}  // namespace lathe::train
