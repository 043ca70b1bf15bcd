#pragma once

#include "augment/augmentation.h"
#include "augment/beta.h"
#include "augment/probability.h"

namespace lathe::augment {

/// Blends a sample with another of its batch, and their labels likewise (Zhang
/// et al., "mixup: Beyond empirical risk minimization", 2018), as
/// keras.layers.MixUp. Masks of class ids are never blended: they are those of
/// the sample with the larger part. Boxes and keypoints of both are kept.
struct RandomMixUp {
  static constexpr std::string_view kName = "mixup";

  /// The sample's own part is drawn from Beta(alpha, alpha), 0 < alpha <= 100.
  float alpha = 0.2F;
  float p = 1;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("alpha", self.alpha);
    visitor("p", self.p);
  }

  void check() const {
    if (!(alpha > 0 && alpha <= 100)) {
      fail("mixup: alpha is ", alpha, "; it must lie above 0, and to 100");
    }
    check_probability("mixup: p", p);
  }

  /// Which of the other samples, within [0, 1), and the sample's own part.
  std::vector<std::string> parameters() const { return {"partner", "weight"}; }

  void draw(Philox& random, std::span<float> row) const {
    const float done = chance(random, p);
    row[0] = random.uniform();
    row[1] = done != 0.0F ? draw_beta(random, alpha) : 1.0F;
  }

  MixStep mix(std::span<const float> row, ImageSize /*size*/,
              BatchPlace place) const {
    if (row[1] == 1.0F) return {};
    return {.kind = MixKind::mixup,
            .partners = {static_cast<std::int32_t>(place.other(row[0]))},
            .numbers = {row[1]}};
  }
};

}  // namespace lathe::augment
