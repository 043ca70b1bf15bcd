#pragma once

#include "augment/augmentation.h"
#include "augment/neighbourhood.h"
#include "augment/probability.h"

namespace lathe::augment {

/// The mean over a line of pixels, as if the camera had moved.
struct RandomMotionBlur {
  static constexpr std::string_view kName = "motion_blur";

  /// The line's length in pixels, odd, 3 to 63; drawn among the odd numbers of
  /// a range.
  Range kernel_size = {3, 7};
  /// Where the line points, in turns, counter-clockwise from the right; a
  /// quarter either way is every direction.
  Factor angle = 0.25;
  /// What lies beyond the border.
  FillMode fill_mode = FillMode::mirror;
  /// How often.
  float p = 1;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("kernel_size", self.kernel_size);
    visitor("angle", self.angle);
    visitor("fill_mode", self.fill_mode);
    visitor("p", self.p);
  }

  void check() const {
    check_kernel_size("motion_blur: kernel_size", kernel_size);
    angle.check("motion_blur: angle", -0.5F, 0.5F);
    check_neighbours("motion_blur: fill_mode", fill_mode);
    check_probability("motion_blur: p", p);
  }

  /// A line of one pixel where it is not done.
  std::vector<std::string> parameters() const {
    return {"kernel_size", "turns"};
  }

  void draw(Philox& random, std::span<float> row) const {
    const float size = draw_kernel_size(random, kernel_size);
    row[1] = angle.draw(random);
    row[0] = chance(random, p) != 0.0F ? size : 1.0F;
  }

  StepNeeds needs() const { return {.neighbours = true}; }
  std::size_t filter_steps() const { return 1; }
  void filters(std::span<const float> row, ImageSize /*size*/,
               std::span<FilterStep> steps) const {
    steps[0] = {};
    if (row[0] == 1.0F) return;
    steps[0] = {.kind = FilterKind::motion_blur,
                .numbers = {row[0], row[1], static_cast<float>(fill_mode)}};
  }
};

}  // namespace lathe::augment
