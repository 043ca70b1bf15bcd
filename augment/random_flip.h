#pragma once

#include "augment/augmentation.h"

namespace lathe::augment {

/// Mirrors an image left to right, top to bottom, or both, each with
/// probability 1/2. In both directions the two are drawn apart, so all four
/// outcomes have probability 1/4. keras.layers.RandomFlip draws one bit for
/// both, and so never flips in one direction only; `shared_bit` does that.
struct RandomFlip {
  static constexpr std::string_view kName = "flip";

  /// "horizontal", "vertical" or "horizontal_and_vertical".
  std::string mode = "horizontal_and_vertical";
  bool shared_bit = false;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("mode", self.mode);
    visitor("shared_bit", self.shared_bit);
  }

  void check() const {
    if (horizontal() || vertical()) return;
    fail("flip: mode '", mode,
         "' is none of horizontal, vertical, horizontal_and_vertical");
  }

  std::vector<std::string> parameters() const {
    return {"horizontal", "vertical"};
  }

  void draw(Philox& random, std::span<float> row) const {
    const float first = random.uniform() < 0.5F ? 1.0F : 0.0F;
    const float second =
        shared_bit ? first : (random.uniform() < 0.5F ? 1.0F : 0.0F);
    row[0] = horizontal() ? first : 0.0F;
    row[1] = vertical() ? second : 0.0F;
  }

  Matrix matrix(std::span<const float> row, ImageSize size) const {
    Matrix matrix;
    if (row[0] != 0.0F) {
      matrix.m[0] = -1;
      matrix.m[2] = static_cast<double>(size.width - 1);
    }
    if (row[1] != 0.0F) {
      matrix.m[4] = -1;
      matrix.m[5] = static_cast<double>(size.height - 1);
    }
    return matrix;
  }

  std::optional<Sampling> sampling() const { return std::nullopt; }

  bool horizontal() const {
    return mode == "horizontal" || mode == "horizontal_and_vertical";
  }
  bool vertical() const {
    return mode == "vertical" || mode == "horizontal_and_vertical";
  }
};

}  // namespace lathe::augment
