#pragma once

#include <cmath>

#include "augment/augmentation.h"
#include "augment/probability.h"

namespace lathe::augment {

/// Erases a rectangle (Zhong et al., "Random erasing data augmentation", 2017)
/// as keras.layers.RandomErasing draws it: its sides are sqrt(u) of the
/// image's, with a u each, and it lies within the image.
struct RandomErasing {
  static constexpr std::string_view kName = "erasing";

  /// What u is drawn from, within 0 to 1: the area, were the sides alike.
  Range scale = {0.02, 0.33};
  /// What erased pixels become, from black (0) to white (1).
  float fill_value = 0;
  /// Normal noise instead, clipped to black and white: what Keras does by
  /// default.
  bool noise = false;
  /// Whether masks are erased too, to PipelineOptions::mask_fill_value;
  /// otherwise they keep the truth.
  bool masks = false;
  /// How often. (Keras draws a probability from 0 to its factor, and so erases
  /// half as often as it is told.)
  float p = 0.5F;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("scale", self.scale);
    visitor("fill_value", self.fill_value);
    visitor("noise", self.noise);
    visitor("masks", self.masks);
    visitor("p", self.p);
  }

  void check() const {
    scale.check("erasing: scale", 0, 1);
    Range(fill_value).check("erasing: fill_value", 0, 1);
    check_probability("erasing: p", p);
  }

  /// Parts of the image's sides, extents of 0 where it is not done.
  std::vector<std::string> parameters() const {
    return {"left", "top", "width", "height", "seed"};
  }

  void draw(Philox& random, std::span<float> row) const {
    const float done = chance(random, p);
    row[2] = done * std::sqrt(scale.draw(random));
    row[3] = done * std::sqrt(scale.draw(random));
    row[0] = (1 - row[2]) * random.uniform();
    row[1] = (1 - row[3]) * random.uniform();
    row[4] = noise_seed(random);
  }

  StepNeeds needs() const { return {.masks = masks}; }
  std::size_t filter_steps() const { return 1; }
  void filters(std::span<const float> row, ImageSize size,
               std::span<FilterStep> steps) const {
    steps[0] = {};
    if (row[2] == 0.0F || row[3] == 0.0F) return;
    const auto width = static_cast<float>(size.width);
    const auto height = static_cast<float>(size.height);
    steps[0] = {
        .kind = FilterKind::erase,
        .numbers = {std::ceil(row[0] * width), std::ceil(row[1] * height),
                    std::ceil((row[0] + row[2]) * width),
                    std::ceil((row[1] + row[3]) * height), fill_value,
                    noise ? row[4] : -1.0F, masks ? 1.0F : 0.0F}};
  }
};

}  // namespace lathe::augment
