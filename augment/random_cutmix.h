#pragma once

#include <cmath>

#include "augment/augmentation.h"
#include "augment/beta.h"
#include "augment/probability.h"

namespace lathe::augment {

/// Replaces a rectangle by what is there in another sample of the batch; masks,
/// boxes and keypoints too. Labels have the parts that the pixels have, counted
/// (Yun et al., "CutMix", 2019), as keras.layers.CutMix but for the count: its
/// labels have the part of a rectangle between pixels.
struct RandomCutMix {
  static constexpr std::string_view kName = "cutmix";

  /// The sample's own part is about a number of Beta(alpha, alpha), within 0 to
  /// 100. Keras' factor f is alpha=0:f, but that its alpha is a batch's.
  Range alpha = 1;
  float p = 1;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("alpha", self.alpha);
    visitor("p", self.p);
  }

  void check() const {
    alpha.check("cutmix: alpha", 0, 100);
    check_probability("cutmix: p", p);
  }

  /// Which of the other samples, within [0, 1); the sample's own part, and the
  /// parts of what the rectangle leaves that are to its left and above it.
  std::vector<std::string> parameters() const {
    return {"partner", "weight", "left", "top"};
  }

  void draw(Philox& random, std::span<float> row) const {
    const float done = chance(random, p);
    row[0] = random.uniform();
    row[2] = random.uniform();
    row[3] = random.uniform();
    const float drawn_alpha = alpha.draw(random);
    row[1] = done != 0.0F ? draw_beta(random, drawn_alpha) : 1.0F;
  }

  MixStep mix(std::span<const float> row, ImageSize size,
              BatchPlace place) const {
    const float ratio = std::sqrt(1.0F - row[1]);
    const auto width = static_cast<float>(size.width);
    const auto height = static_cast<float>(size.height);
    const float left = row[2] * (width - ratio * width);
    const float top = row[3] * (height - ratio * height);
    // The pixels whose number is within it, as Keras has them.
    const MixStep step{
        .kind = MixKind::cutmix,
        .partners = {static_cast<std::int32_t>(place.other(row[0]))},
        .numbers = {std::ceil(left), std::ceil(top),
                    std::min(width, std::ceil(left + ratio * width)),
                    std::min(height, std::ceil(top + ratio * height))}};
    const auto& numbers = step.numbers;
    const bool nothing = numbers[0] >= numbers[2] || numbers[1] >= numbers[3];
    return nothing ? MixStep{} : step;
  }
};

}  // namespace lathe::augment
