#pragma once

#include "augment/policy.h"

namespace lathe::augment {

/// Some operations one after the other, each drawn for each sample among
/// fourteen, all as likely and with replacement, at one magnitude of either
/// sign: Cubuk et al., "RandAugment: Practical automated data augmentation with
/// a reduced search space", 2019, with the ranges of
/// torchvision.transforms.v2.RandAugment.
struct RandAugment {
  static constexpr std::string_view kName = "randaugment";
  static constexpr std::int64_t kLargestMagnitude = 30;

  std::int64_t num_ops = 2;
  /// 0 to 30.
  std::int64_t magnitude = 9;
  Interpolation interpolation = Interpolation::nearest;
  FillMode fill_mode = FillMode::constant;
  float fill_value = 0;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("num_ops", self.num_ops);
    visitor("magnitude", self.magnitude);
    visitor("interpolation", self.interpolation);
    visitor("fill_mode", self.fill_mode);
    visitor("fill_value", self.fill_value);
  }

  void check() const {
    constexpr std::int64_t kMostOperations = 20;
    if (num_ops < 1 || num_ops > kMostOperations) {
      fail("randaugment: num_ops is ", num_ops, "; it must lie within 1 to ",
           kMostOperations);
    }
    if (magnitude < 0 || magnitude > kLargestMagnitude) {
      fail("randaugment: magnitude is ", magnitude,
           "; it must lie within 0 to ", kLargestMagnitude);
    }
  }

  std::vector<std::string> parameters() const {
    std::vector<std::string> names;
    for (std::int64_t i = 0; i < num_ops; ++i) {
      names.push_back(concat("operation ", i));
      names.push_back(concat("amount ", i));
    }
    return names;
  }

  void draw(Philox& random, std::span<float> row) const {
    constexpr auto kKinds = static_cast<std::uint32_t>(PolicyKind::invert);
    const float part = static_cast<float>(magnitude) / kLargestMagnitude;
    for (std::size_t i = 0; i < row.size(); i += 2) {
      const auto kind = static_cast<PolicyKind>(random.below(kKinds));
      const bool negative = random.below(2) == 1;
      row[i] = static_cast<float>(kind);
      row[i + 1] = PolicySpace{}.amount(kind, part, negative);
    }
  }

  std::string describe(std::span<const float> row) const {
    return describe_policy(row);
  }

  Effects effects() const {
    const PolicyReading reading{
        .sampling = {interpolation, fill_mode, fill_value}};
    Effects all;
    for (std::int64_t i = 0; i < num_ops; ++i) {
      all.push_back(policy_effect(reading, static_cast<std::size_t>(2 * i)));
    }
    return all;
  }
};

}  // namespace lathe::augment
