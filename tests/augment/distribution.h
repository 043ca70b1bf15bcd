#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/augment/apply_one.h"

namespace lathe::augment {

inline constexpr std::uint32_t kDraws = 100000;

/// What an operation draws for 100,000 samples: for each a row.
inline std::vector<std::vector<float>> many_drawn(
    const Augmentation& operation) {
  std::vector<std::vector<float>> rows;
  rows.reserve(kDraws);
  for (std::uint32_t sample = 0; sample < kDraws; ++sample) {
    rows.push_back(drawn(operation, 1, sample));
  }
  return rows;
}

/// Number i of those rows that `keep(row)` keeps.
template <class Keep>
std::vector<float> column(const std::vector<std::vector<float>>& rows,
                          std::size_t i, const Keep& keep) {
  std::vector<float> values;
  for (const auto& row : rows) {
    if (keep(row)) values.push_back(row[i]);
  }
  return values;
}
inline std::vector<float> column(const std::vector<std::vector<float>>& rows,
                                 std::size_t i) {
  return column(rows, i, [](const auto&) { return true; });
}

/// Fails unless the values look uniform from low to high: none beyond, and mean
/// and variance within five of their own standard deviations, which for the
/// variance of a uniform distribution is width^2 sqrt(1 / (180 n)).
inline void expect_uniform(const std::vector<float>& values, double low,
                           double high) {
  const auto n = static_cast<double>(values.size());
  const double width = high - low;
  double sum = 0;
  double squares = 0;
  for (const float value : values) {
    const auto x = static_cast<double>(value);
    ASSERT_GE(x, low - 1e-6);
    ASSERT_LE(x, high + 1e-6);
    sum += x;
    squares += (x - (low + high) / 2) * (x - (low + high) / 2);
  }
  EXPECT_NEAR(sum / n, (low + high) / 2, 5 * width / std::sqrt(12 * n));
  EXPECT_NEAR(squares / n, width * width / 12,
              5 * width * width / std::sqrt(180 * n));
}

/// Fails unless `count` of 100,000 lies within five standard deviations of a
/// binomial.
inline void expect_binomial(std::size_t count, double p) {
  EXPECT_NEAR(static_cast<double>(count), kDraws * p,
              5 * std::sqrt(kDraws * p * (1 - p)));
}

}  // namespace lathe::augment
