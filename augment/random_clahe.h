#pragma once

#include "augment/augmentation.h"
#include "augment/probability.h"

namespace lathe::augment {

/// Contrast-limited adaptive histogram equalization (Zuiderveld, 1994) as
/// OpenCV has it: RandomEqualization in each tile of the image, no byte counted
/// more than `clip_limit` times the mean, and blended between tiles. Each
/// channel by itself; values between bytes are cut down first.
struct RandomClahe {
  static constexpr std::string_view kName = "clahe";

  /// At least 1, which hardly changes anything; up to 256.
  Range clip_limit = {1, 4};
  /// How many tiles across and how many down, 1 to 64.
  std::int64_t tiles = 8;
  /// How often.
  float p = 1;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("clip_limit", self.clip_limit);
    visitor("tiles", self.tiles);
    visitor("p", self.p);
  }

  void check() const {
    clip_limit.check("clahe: clip_limit", 1, 256);
    if (tiles < 1 || tiles > 64) {
      fail("clahe: tiles is ", tiles, "; it must lie within 1 to 64");
    }
    check_probability("clahe: p", p);
  }

  /// 0 where it is not done.
  std::vector<std::string> parameters() const { return {"clip_limit"}; }

  void draw(Philox& random, std::span<float> row) const {
    const float drawn = clip_limit.draw(random);
    row[0] = chance(random, p) * drawn;
  }

  StepNeeds needs() const { return {.histograms = tiles * tiles}; }
  std::size_t filter_steps() const { return 1; }
  void filters(std::span<const float> row, ImageSize /*size*/,
               std::span<FilterStep> steps) const {
    steps[0] = {};
    if (row[0] == 0.0F) return;
    steps[0] = {.kind = FilterKind::clahe,
                .numbers = {row[0], static_cast<float>(tiles),
                            static_cast<float>(tiles)}};
  }
};

}  // namespace lathe::augment
