#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "augment/augmentation.h"

/// An augmentation of one's own: as light goes, images lose brightness and,
/// half as much, colour. Masks stay.
struct Dusk {
  static constexpr std::string_view kName = "dusk";

  /// The part of the brightness that is lost, 0 to 1, drawn evenly.
  lathe::augment::Range factor = {0, 0.5};

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("factor", self.factor);
  }

  void check() const { factor.check("dusk: factor", 0, 1); }

  /// The numbers that a sample draws.
  std::vector<std::string> parameters() const { return {"lost"}; }
  void draw(lathe::Philox& random, std::span<float> row) const {
    row[0] = factor.draw(random);
  }

  /// What they mean, in steps that lathe joins with those of its neighbours
  /// and has kernels for on every device.
  std::size_t color_steps() const { return 2; }
  void colors(std::span<const float> row,
              std::span<lathe::ColorStep> steps) const {
    steps[0] = {.kind = lathe::ColorKind::exposure, .a = 1 - row[0]};
    steps[1] = {.kind = lathe::ColorKind::saturation, .a = 1 - row[0] / 2};
  }
};
