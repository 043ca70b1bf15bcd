#pragma once

#include <array>

#include "augment/random_brightness.h"
#include "augment/random_contrast.h"
#include "augment/random_hue.h"
#include "augment/random_saturation.h"

namespace lathe::augment {

/// RandomBrightness, RandomContrast, RandomSaturation and RandomHue one after
/// the other, in this order (as keras.layers.RandomColorJitter) or in one drawn
/// for each sample.
struct RandomColorJitter {
  static constexpr std::string_view kName = "color_jitter";

  /// Each as the operation of that name has it; 0 leaves it out.
  Factor brightness = 0;
  Factor contrast = 0;
  Factor saturation = 0;
  Factor hue = 0;
  bool random_order = false;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("brightness", self.brightness);
    visitor("contrast", self.contrast);
    visitor("saturation", self.saturation);
    visitor("hue", self.hue);
    visitor("random_order", self.random_order);
  }

  void check() const {
    RandomBrightness{brightness}.check();
    RandomContrast{contrast}.check();
    RandomSaturation{saturation}.check();
    RandomHue{hue}.check();
  }

  /// `order` counts the permutations of the four.
  std::vector<std::string> parameters() const {
    return {"shift", "contrast", "saturation", "turns", "order"};
  }

  void draw(Philox& random, std::span<float> row) const {
    row[0] = brightness.draw(random);
    row[1] = 1 + contrast.draw(random);
    row[2] = 1 + saturation.draw(random);
    row[3] = hue.draw(random);
    constexpr std::uint32_t kPermutations = 24;
    const std::uint32_t order = random.below(kPermutations);
    row[4] = random_order ? static_cast<float>(order) : 0.0F;
  }

  StepNeeds needs() const { return {.means = 1}; }
  std::size_t color_steps() const { return kKinds.size(); }
  void colors(std::span<const float> row, std::span<ColorStep> steps) const {
    const std::array<Factor, 4> factors{brightness, contrast, saturation, hue};
    for (std::size_t i = 0; i < kKinds.size(); ++i) {
      const auto place = static_cast<std::size_t>(
          permuted(static_cast<int>(row[4]), static_cast<int>(i),
                   static_cast<int>(kKinds.size())));
      const bool left_out = factors[place] == Factor(0);
      steps[i] = {.kind = left_out ? ColorKind::none : kKinds[place],
                  .a = row[place]};
    }
  }

 private:
  static constexpr std::array kKinds{ColorKind::brightness, ColorKind::contrast,
                                     ColorKind::saturation, ColorKind::hue};
};

}  // namespace lathe::augment
