#pragma once

#include "augment/augmentation.h"
#include "augment/probability.h"

namespace lathe::augment {

/// Spreads the values of each channel, in its image, so that they are about as
/// often each, as keras.layers.Equalization with 256 bins. Values between bytes
/// are cut down first; a channel of one byte stays as it is.
struct RandomEqualization {
  static constexpr std::string_view kName = "equalize";

  /// How often.
  float p = 0.5F;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("p", self.p);
  }

  void check() const { check_probability("equalize: p", p); }

  std::vector<std::string> parameters() const { return {"applied"}; }

  void draw(Philox& random, std::span<float> row) const {
    row[0] = chance(random, p);
  }

  StepNeeds needs() const { return {.histograms = 1}; }
  std::size_t filter_steps() const { return 1; }
  void filters(std::span<const float> row, ImageSize /*size*/,
               std::span<FilterStep> steps) const {
    steps[0] = {};
    if (row[0] != 0.0F) steps[0].kind = FilterKind::equalize;
  }
};

}  // namespace lathe::augment
