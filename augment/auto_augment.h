#pragma once

#include "augment/policy.h"

namespace lathe::augment {

/// One of 25 pairs of operations for each sample, found by search on ImageNet:
/// Cubuk et al., "AutoAugment: Learning augmentation policies from data", 2018,
/// with the table and ranges of torchvision.transforms.v2.AutoAugment. Each
/// operation of a pair is done with a probability of its own, at its magnitude
/// of either sign.
struct AutoAugment {
  static constexpr std::string_view kName = "autoaugment";

  /// Which table; "imagenet".
  std::string policy = "imagenet";
  Interpolation interpolation = Interpolation::nearest;
  FillMode fill_mode = FillMode::constant;
  float fill_value = 0;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("policy", self.policy);
    visitor("interpolation", self.interpolation);
    visitor("fill_mode", self.fill_mode);
    visitor("fill_value", self.fill_value);
  }

  /// How often, and at which of ten magnitudes counted from 0.
  struct Part {
    PolicyKind kind;
    float p;
    int magnitude;
  };
  static const std::array<std::array<Part, 2>, 25>& pairs();

  void check() const {
    if (policy == "imagenet") return;
    fail("autoaugment: policy is '", policy, "'; it must be imagenet");
  }

  std::vector<std::string> parameters() const {
    return {"operation 0", "amount 0", "operation 1", "amount 1"};
  }

  void draw(Philox& random, std::span<float> row) const {
    constexpr int kLargestMagnitude = 9;
    const auto& pair =
        pairs()[random.below(static_cast<std::uint32_t>(pairs().size()))];
    for (std::size_t i = 0; i < pair.size(); ++i) {
      const bool done = random.uniform() < pair[i].p;
      const bool negative = random.below(2) == 1;
      const PolicyKind kind = done ? pair[i].kind : PolicyKind::identity;
      const float part =
          static_cast<float>(pair[i].magnitude) / kLargestMagnitude;
      row[2 * i] = static_cast<float>(kind);
      row[2 * i + 1] = PolicySpace{}.amount(kind, part, negative);
    }
  }

  std::string describe(std::span<const float> row) const {
    return describe_policy(row);
  }

  Effects effects() const {
    const PolicyReading reading{
        .sampling = {interpolation, fill_mode, fill_value}};
    return {policy_effect(reading, 0), policy_effect(reading, 2)};
  }
};

}  // namespace lathe::augment
