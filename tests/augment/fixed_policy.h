#pragma once

#include "augment/policy.h"

namespace lathe::augment {

/// One policy operation at a fixed amount.
struct FixedPolicy {
  static constexpr std::string_view kName = "fixed";
  PolicyKind kind = PolicyKind::identity;
  float amount = 0;
  PolicyReading reading = {.sampling = {.interpolation = Interpolation::nearest,
                                        .fill_mode = FillMode::constant,
                                        .fill_value = 0}};

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("amount", self.amount);
  }
  void check() const {}
  std::vector<std::string> parameters() const { return {"kind", "amount"}; }
  void draw(Philox&, std::span<float> row) const {
    row[0] = static_cast<float>(kind);
    row[1] = amount;
  }
  Effects effects() const { return {policy_effect(reading, 0)}; }
};

}  // namespace lathe::augment
