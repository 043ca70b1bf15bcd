#pragma once

#include "augment/policy.h"

namespace lathe::augment {

/// One operation for each sample, drawn among fourteen, at one of 31 magnitudes
/// of wide ranges, all as likely: Mueller and Hutter, "TrivialAugment:
/// Tuning-free yet state-of-the-art data augmentation", 2021, as
/// torchvision.transforms.v2.TrivialAugmentWide. Translations are of up to 32
/// pixels.
struct TrivialAugment {
  static constexpr std::string_view kName = "trivialaugment";
  static constexpr PolicySpace kSpace{.shear = 0.99F,
                                      .translate = 32,
                                      .translates_pixels = true,
                                      .rotate = 135,
                                      .enhance = 0.99F,
                                      .dropped_bits = 6};

  Interpolation interpolation = Interpolation::nearest;
  FillMode fill_mode = FillMode::constant;
  float fill_value = 0;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("interpolation", self.interpolation);
    visitor("fill_mode", self.fill_mode);
    visitor("fill_value", self.fill_value);
  }

  void check() const {}

  std::vector<std::string> parameters() const {
    return {"operation", "amount"};
  }

  void draw(Philox& random, std::span<float> row) const {
    constexpr std::uint32_t kMagnitudes = 31;
    constexpr auto kKinds = static_cast<std::uint32_t>(PolicyKind::invert);
    const auto kind = static_cast<PolicyKind>(random.below(kKinds));
    const float part =
        static_cast<float>(random.below(kMagnitudes)) / (kMagnitudes - 1);
    const bool negative = random.below(2) == 1;
    row[0] = static_cast<float>(kind);
    row[1] = kSpace.amount(kind, part, negative);
  }

  std::string describe(std::span<const float> row) const {
    return describe_policy(row);
  }

  Effects effects() const {
    return {policy_effect({.sampling = {interpolation, fill_mode, fill_value},
                           .translates_pixels = kSpace.translates_pixels},
                          0)};
  }
};

}  // namespace lathe::augment
