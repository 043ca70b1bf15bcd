#pragma once

#include <algorithm>
#include <utility>

#include "augment/group.h"
#include "augment/probability.h"

namespace lathe::augment {

/// Operations in an order drawn for each sample, all orders as likely.
struct RandomOrder {
  static constexpr std::string_view kName = "random_order";

  std::vector<Augmentation> operations = {};
  /// How often they are done at all.
  float p = 1;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("p", self.p);
  }

  void check() const {
    check_group(kName, operations);
    check_probability("random_order: p", p);
  }

  /// Which child comes first, second, and so on, counted from 0; -1 is none.
  std::vector<std::string> parameters() const {
    std::vector<std::string> own;
    for (std::size_t i = 0; i < operations.size(); ++i) {
      own.push_back(concat("place ", i));
    }
    return parameters_of_group(std::move(own), operations);
  }

  /// Fisher and Yates' shuffle.
  void draw(Philox& random, std::span<float> row) const {
    const std::size_t count = operations.size();
    for (std::size_t i = 0; i < count; ++i) row[i] = static_cast<float>(i);
    for (std::size_t i = count; i > 1; --i) {
      std::swap(row[i - 1], row[random.below(static_cast<std::uint32_t>(i))]);
    }
    if (chance(random, p) == 0) std::ranges::fill(row.first(count), -1.0F);
    draw_operations(random, row, count, operations);
  }

  std::vector<std::size_t> acting(std::span<const float> row) const {
    std::vector<std::size_t> result;
    for (std::size_t i = 0; i < operations.size(); ++i) {
      if (row[i] >= 0) result.push_back(static_cast<std::size_t>(row[i]));
    }
    return result;
  }

  Effects effects() const {
    Effects all;
    for (std::size_t place = 0; place < operations.size(); ++place) {
      std::vector<Choice> choices;
      for (std::size_t i = 0; i < operations.size(); ++i) {
        choices.push_back({.column = place, .value = static_cast<float>(i)});
      }
      const Effects there =
          side_by_side(kName, operations, operations.size(), choices, p == 1);
      all.insert(all.end(), there.begin(), there.end());
    }
    return all;
  }
};

}  // namespace lathe::augment
