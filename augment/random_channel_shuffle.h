#pragma once

#include "augment/augmentation.h"
#include "augment/probability.h"

namespace lathe::augment {

/// Exchanges channels, all orders as likely. For images of up to four.
struct RandomChannelShuffle {
  static constexpr std::string_view kName = "channel_shuffle";

  /// How often.
  float p = 0.5F;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("p", self.p);
  }

  void check() const { check_probability("channel_shuffle: p", p); }

  std::vector<std::string> parameters() const { return {"order"}; }

  void draw(Philox& random, std::span<float> row) const {
    // A place among the orders, which are channels! many; 0 keeps all.
    const float order = random.uniform();
    row[0] = chance(random, p) * order;
  }

  std::size_t color_steps() const { return 1; }
  void colors(std::span<const float> row, std::span<ColorStep> steps) const {
    steps[0] = {.kind = ColorKind::shuffle, .a = row[0]};
  }
};

}  // namespace lathe::augment
