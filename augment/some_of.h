#pragma once

#include <algorithm>
#include <cmath>

#include "augment/group.h"
#include "augment/probability.h"

namespace lathe::augment {

/// Some of several operations, each at most once and in the order in which they
/// are written; all choices of as many are as likely.
struct SomeOf {
  static constexpr std::string_view kName = "some_of";

  std::vector<Augmentation> operations = {};
  /// How many, drawn among whole numbers with both ends.
  Range n = 1;
  /// How often any are done at all.
  float p = 1;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("n", self.n);
    visitor("p", self.p);
  }

  void check() const {
    check_group(kName, operations);
    n.check("some_of: n", 0, static_cast<float>(operations.size()));
    if (n.low != std::floor(n.low) || n.high != std::floor(n.high)) {
      fail("some_of: n is ", write(n), "; it must be whole");
    }
    check_probability("some_of: p", p);
  }

  /// 1 for each child that acts.
  std::vector<std::string> parameters() const {
    std::vector<std::string> own;
    for (const Augmentation& each : operations) {
      own.push_back(concat(each.name(), " applied"));
    }
    return parameters_of_group(std::move(own), operations);
  }

  void draw(Philox& random, std::span<float> row) const {
    const auto counts = static_cast<std::uint32_t>(n.high - n.low) + 1;
    float wanted = n.low + static_cast<float>(random.below(counts));
    if (chance(random, p) == 0) wanted = 0;
    auto left = static_cast<float>(operations.size());
    for (std::size_t i = 0; i < operations.size(); ++i) {
      row[i] = random.uniform() * left < wanted ? 1.0F : 0.0F;
      wanted -= row[i];
      left -= 1;
    }
    draw_operations(random, row, operations.size(), operations);
  }

  std::vector<std::size_t> acting(std::span<const float> row) const {
    std::vector<std::size_t> result;
    for (std::size_t i = 0; i < operations.size(); ++i) {
      if (row[i] != 0) result.push_back(i);
    }
    return result;
  }

  Effects effects() const {
    std::vector<Choice> choices;
    for (std::size_t i = 0; i < operations.size(); ++i) {
      choices.push_back({.column = i, .value = 1});
    }
    const bool all = p == 1 && n.low == static_cast<float>(operations.size());
    return one_after_the_other(kName, operations, operations.size(), choices,
                               all);
  }
};

}  // namespace lathe::augment
