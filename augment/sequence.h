#pragma once

#include "augment/group.h"
#include "augment/probability.h"

namespace lathe::augment {

/// Operations in order, all of them or, with probability 1 - p, none.
struct Sequence {
  static constexpr std::string_view kName = "sequence";

  std::vector<Augmentation> operations = {};
  /// How often.
  float p = 1;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("p", self.p);
  }

  void check() const {
    check_group(kName, operations);
    check_probability("sequence: p", p);
  }

  std::vector<std::string> parameters() const {
    return parameters_of_group({"applied"}, operations);
  }

  void draw(Philox& random, std::span<float> row) const {
    row[0] = chance(random, p);
    draw_operations(random, row, 1, operations);
  }

  std::vector<std::size_t> acting(std::span<const float> row) const {
    std::vector<std::size_t> all(row[0] == 0 ? 0 : operations.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    return all;
  }

  Effects effects() const {
    const std::vector<Choice> choices(operations.size());
    return one_after_the_other(kName, operations, 1, choices, p == 1);
  }
};

}  // namespace lathe::augment
