#include "apps/mask_writer.h"

#include <algorithm>
#include <cmath>

#include "apps/mask_names.h"
#include "train/report/samples.h"

namespace lathe::apps {
namespace {

std::filesystem::path with_end(std::filesystem::path name, const char* end) {
  return name += end;
}

}  // namespace

MaskWriter::Overlay::Overlay(const std::filesystem::path& path,
                             const models::ImageSize& size)
    : png_(path, size.height, size.width, 3) {}

void MaskWriter::Overlay::write(std::span<const std::uint8_t> pixels,
                                std::span<const std::uint8_t> mask) {
  if (!mask_.empty()) write_last(mask.data());
  above_.swap(mask_);
  pixels_.assign(pixels.begin(), pixels.end());
  mask_.assign(mask.begin(), mask.end());
}

void MaskWriter::Overlay::write_last(const std::uint8_t* below) {
  train::overlay_row(pixels_,
                     {.above = above_.empty() ? nullptr : above_.data(),
                      .here = mask_.data(),
                      .below = below});
  png_.write(pixels_);
}

void MaskWriter::Overlay::finish() {
  write_last(nullptr);
  png_.finish();
}

MaskWriter::MaskWriter(const PredictOptions& options, std::int64_t classes,
                       const std::filesystem::path& name,
                       const models::ImageSize& size)
    : classes_(classes),
      mask_(with_end(name, kMaskEnd), size.height, size.width, 1) {
  if (options.probabilities) {
    probabilities_.emplace(with_end(name, kProbabilityEnd), size.height,
                           size.width, 1);
  }
  if (options.overlay) {
    overlay_.emplace(with_end(name, kOverlayEnd), size);
  }
}

void MaskWriter::write(const Tensor& pixels, const Tensor& mask,
                       const Tensor& probabilities) {
  std::vector<std::uint8_t> row;
  for (std::int64_t y = 0; y < mask.shape()[0]; ++y) {
    const auto classes = mask.rows(y, 1).values<std::uint8_t>();
    if (overlay_) {
      overlay_->write(pixels.rows(y, 1).values<std::uint8_t>(), classes);
    }
    if (probabilities_) {
      probabilities_->write(probabilities.rows(y, 1).values<std::uint8_t>());
    }
    row.assign(classes.begin(), classes.end());
    // Masks of one class are written as 0 and 255, to be looked at.
    if (classes_ == 1) {
      for (std::uint8_t& value : row) value = value != 0 ? 255 : 0;
    }
    mask_.write(row);
  }
}

void MaskWriter::finish() {
  if (overlay_) overlay_->finish();
  if (probabilities_) probabilities_->finish();
  mask_.finish();
}

Tensor grey_levels(const Tensor& probabilities) {
  const Tensor levels(probabilities.shape(), DType::uint8);
  std::ranges::transform(probabilities.values<float>(),
                         levels.data<std::uint8_t>(), [](float value) {
                           return static_cast<std::uint8_t>(std::lround(
                               255 * std::clamp(value, 0.0F, 1.0F)));
                         });
  return levels;
}

}  // namespace lathe::apps
