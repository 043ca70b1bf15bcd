#pragma once

#include "augment/augmentation.h"

namespace lathe::augment {

/// Turns a square image by 0, 1, 2 or 3 quarters, counter-clockwise as
/// displayed, all as likely; `transpose` draws the mirror images too, so that
/// all eight symmetries of the square are as likely. Pixels move whole.
struct RandomTurn {
  static constexpr std::string_view kName = "turn";

  bool transpose = false;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("transpose", self.transpose);
  }

  void check() const {}

  std::vector<std::string> parameters() const {
    return {"quarters", "transposed"};
  }

  void draw(Philox& random, std::span<float> row) const {
    row[0] = static_cast<float>(random.below(4));
    row[1] = transpose && random.uniform() < 0.5F ? 1.0F : 0.0F;
  }

  // Transposed first. Throws Error for an image that isn't square.
  Matrix matrix(std::span<const float> row, ImageSize size) const {
    if (size.height != size.width) {
      fail("turn: images of ", size.height, " x ", size.width,
           "; quarter turns need them square");
    }
    const auto end = static_cast<double>(size.width - 1);
    // One quarter: the output (x, y) shows (end - y, x).
    const Matrix quarter{{0, -1, end, 1, 0, 0, 0, 0, 1}};
    Matrix matrix;
    if (row[1] != 0.0F) matrix = {{0, 1, 0, 1, 0, 0, 0, 0, 1}};
    for (int i = 0; i < static_cast<int>(row[0]); ++i) {
      matrix = matrix * quarter;
    }
    return matrix;
  }

  std::optional<Sampling> sampling() const { return std::nullopt; }
};

}  // namespace lathe::augment
