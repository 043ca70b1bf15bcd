#pragma once

#include "augment/group.h"
#include "augment/probability.h"

namespace lathe::augment {

/// One of several operations, all as likely, drawn for each sample.
struct OneOf {
  static constexpr std::string_view kName = "one_of";

  std::vector<Augmentation> operations = {};
  /// How often one is done at all.
  float p = 1;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("p", self.p);
  }

  void check() const {
    check_group(kName, operations);
    check_probability("one_of: p", p);
  }

  /// `chosen` counts the children from 0; -1 is none.
  std::vector<std::string> parameters() const {
    return parameters_of_group({"chosen"}, operations);
  }

  void draw(Philox& random, std::span<float> row) const {
    const auto chosen = static_cast<float>(
        random.below(static_cast<std::uint32_t>(operations.size())));
    row[0] = chance(random, p) != 0 ? chosen : -1.0F;
    draw_operations(random, row, 1, operations);
  }

  std::vector<std::size_t> acting(std::span<const float> row) const {
    if (row[0] < 0) return {};
    return {static_cast<std::size_t>(row[0])};
  }

  Effects effects() const {
    std::vector<Choice> choices;
    for (std::size_t i = 0; i < operations.size(); ++i) {
      choices.push_back({.column = 0, .value = static_cast<float>(i)});
    }
    return side_by_side(kName, operations, 1, choices, p == 1);
  }
};

}  // namespace lathe::augment
