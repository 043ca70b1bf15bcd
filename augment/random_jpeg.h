#pragma once

#include "augment/augmentation.h"
#include "augment/probability.h"

namespace lathe::augment {

/// What is left of an image of 1 or 3 channels after JPEG, with colours at half
/// the resolution.
struct RandomJpeg {
  static constexpr std::string_view kName = "jpeg";

  /// 1 to 100 as libjpeg counts it, drawn among whole numbers with both ends.
  Range quality = {30, 95};
  /// How often.
  float p = 1;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("quality", self.quality);
    visitor("p", self.p);
  }

  void check() const {
    quality.check("jpeg: quality", 1, 100);
    check_whole("jpeg: quality", quality);
    check_probability("jpeg: p", p);
  }

  /// A quality of 0 where it is not done.
  std::vector<std::string> parameters() const { return {"quality"}; }

  void draw(Philox& random, std::span<float> row) const {
    const float drawn = draw_whole(random, quality);
    row[0] = chance(random, p) * drawn;
  }

  StepNeeds needs() const { return {.jpeg = true}; }
  std::size_t filter_steps() const { return 1; }
  void filters(std::span<const float> row, ImageSize /*size*/,
               std::span<FilterStep> steps) const {
    steps[0] = {};
    if (row[0] == 0.0F) return;
    steps[0] = {.kind = FilterKind::jpeg, .numbers = {row[0]}};
  }
};

}  // namespace lathe::augment
