#pragma once

#include <cmath>

#include "augment/augmentation.h"
#include "augment/probability.h"

namespace lathe::augment {

/// Erases squares whose middles lie anywhere in the image, so that some are cut
/// by its border (DeVries and Taylor, "Improved regularization of convolutional
/// neural networks with cutout", 2017).
struct RandomCutout {
  static constexpr std::string_view kName = "cutout";

  /// A square's side, as a part of the image's shorter side, 0 to 1.
  Range size = 0.5;
  /// How many squares, 1 to 64, drawn among whole numbers with both ends.
  Range holes = 1;
  /// What erased pixels become, from black (0) to white (1).
  float fill_value = 0;
  /// Whether masks are erased too, to PipelineOptions::mask_fill_value;
  /// otherwise they keep the truth.
  bool masks = false;
  /// How often.
  float p = 1;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("size", self.size);
    visitor("holes", self.holes);
    visitor("fill_value", self.fill_value);
    visitor("masks", self.masks);
    visitor("p", self.p);
  }

  void check() const {
    size.check("cutout: size", 0, 1);
    holes.check("cutout: holes", 1, 64);
    check_whole("cutout: holes", holes);
    Range(fill_value).check("cutout: fill_value", 0, 1);
    check_probability("cutout: p", p);
  }

  /// Parts of the image's sides, for each square; a size of 0 where there is
  /// none.
  std::vector<std::string> parameters() const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < filter_steps(); ++i) {
      for (const char* name : {"x", "y", "size"}) {
        names.push_back(concat(name, " ", i));
      }
    }
    return names;
  }

  void draw(Philox& random, std::span<float> row) const {
    const float done = chance(random, p);
    const float count = done * draw_whole(random, holes);
    for (std::size_t i = 0; i < filter_steps(); ++i) {
      row[3 * i] = random.uniform();
      row[3 * i + 1] = random.uniform();
      const float side = size.draw(random);
      row[3 * i + 2] = static_cast<float>(i) < count ? side : 0.0F;
    }
  }

  StepNeeds needs() const { return {.masks = masks}; }
  std::size_t filter_steps() const {
    return static_cast<std::size_t>(holes.high);
  }
  void filters(std::span<const float> row, ImageSize image,
               std::span<FilterStep> steps) const {
    const auto width = static_cast<float>(image.width);
    const auto height = static_cast<float>(image.height);
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const float half = 0.5F * row[3 * i + 2] * std::min(width, height);
      const float x = row[3 * i] * width;
      const float y = row[3 * i + 1] * height;
      steps[i] = {};
      if (half == 0.0F) continue;
      steps[i] = {.kind = FilterKind::erase,
                  .numbers = {std::max(std::round(x - half), 0.0F),
                              std::max(std::round(y - half), 0.0F),
                              std::min(std::round(x + half), width),
                              std::min(std::round(y + half), height),
                              fill_value, -1, masks ? 1.0F : 0.0F}};
    }
  }
};

}  // namespace lathe::augment
