#pragma once

#include "augment/augmentation.h"
#include "augment/probability.h"

namespace lathe::augment {

/// Pastes what another sample's mask says is an object, image and mask, at its
/// place there (Ghiasi et al., "Simple copy-paste", 2021). An object is all of
/// a class; 255, which doesn't count, is never pasted. Only where there are
/// masks of class ids; boxes and labels can't follow.
struct RandomCopyPaste {
  static constexpr std::string_view kName = "copy_paste";
  static constexpr bool kNeedsMasks = true;

  float p = 0.5F;
  /// How often each class that the other mask holds is pasted.
  float class_p = 1;
  /// The class that is no object, a whole number from 0 to 255.
  float background = 0;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("p", self.p);
    visitor("class_p", self.class_p);
    visitor("background", self.background);
  }

  void check() const {
    check_probability("copy_paste: p", p);
    check_probability("copy_paste: class_p", class_p);
    if (!(background >= 0 && background <= 255 &&
          background == static_cast<float>(static_cast<int>(background)))) {
      fail("copy_paste: background is ", background,
           "; it must be a class, 0 to 255");
    }
  }

  /// Which of the other samples, within [0, 1); whether it is done; what the
  /// choice of classes is drawn from.
  std::vector<std::string> parameters() const {
    return {"partner", "pasted", "seed"};
  }

  void draw(Philox& random, std::span<float> row) const {
    row[1] = chance(random, p);
    row[0] = random.uniform();
    row[2] = static_cast<float>(random.below(1U << 24U));
  }

  MixStep mix(std::span<const float> row, ImageSize /*size*/,
              BatchPlace place) const {
    if (row[1] == 0.0F) return {};
    return {.kind = MixKind::copy_paste,
            .partners = {static_cast<std::int32_t>(place.other(row[0]))},
            .numbers = {row[2], class_p, background}};
  }
};

}  // namespace lathe::augment
