#pragma once

#include "augment/augmentation.h"
#include "augment/probability.h"

namespace lathe::augment {

/// Makes the columns of a square image its rows. Pixels move whole.
struct RandomTranspose {
  static constexpr std::string_view kName = "transpose";

  float p = 0.5F;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("p", self.p);
  }

  void check() const { check_probability("transpose: p", p); }

  std::vector<std::string> parameters() const { return {"transposed"}; }

  void draw(Philox& random, std::span<float> row) const {
    row[0] = chance(random, p);
  }

  // Throws Error for an image that isn't square.
  Matrix matrix(std::span<const float> row, ImageSize size) const {
    if (size.height != size.width) {
      fail("transpose: images of ", size.height, " x ", size.width,
           "; they must be square, as some stay as they are");
    }
    if (row[0] == 0.0F) return {};
    return {{0, 1, 0, 1, 0, 0, 0, 0, 1}};
  }

  std::optional<Sampling> sampling() const { return std::nullopt; }
};

}  // namespace lathe::augment
