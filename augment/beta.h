#pragma once

#include <algorithm>
#include <cmath>
#include <span>

#include "core/philox.h"

namespace lathe::augment {

/// The logarithm of a number of the gamma distribution of that shape and scale
/// 1, which itself may be too small for any type (Marsaglia and Tsang, "A
/// simple method for generating gamma variables", 2000; shapes below 1 by their
/// power of a uniform number).
inline double draw_log_gamma(Philox& random, double shape) {
  const double d = shape + 1 - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  double volume = 0;
  double x = 0;
  double u = 0;
  do {
    x = random.normal();
    u = 1 - static_cast<double>(random.uniform());
    volume = std::pow(1 + c * x, 3);
  } while (volume <= 0 ||
           std::log(u) >= 0.5 * x * x + d - d * volume + d * std::log(volume));
  const double power = 1 - static_cast<double>(random.uniform());
  return std::log(d * volume) + std::log(power) / shape;
}

/// A number of the distribution Beta(alpha, alpha), alpha at least 1e-6: how
/// often it is drawn from `random` is drawn as well, so it comes last in a row.
inline float draw_beta(Philox& random, float alpha) {
  const double shape = std::max(static_cast<double>(alpha), 1e-6);
  const double one = draw_log_gamma(random, shape);
  const double other = draw_log_gamma(random, shape);
  return static_cast<float>(1 / (1 + std::exp(other - one)));
}

/// Weights of the distribution Dirichlet(alpha, ..., alpha), which sum to 1;
/// the rest as above.
inline void draw_dirichlet(Philox& random, float alpha,
                           std::span<float> weights) {
  const double shape = std::max(static_cast<double>(alpha), 1e-6);
  for (float& weight : weights) {
    weight = static_cast<float>(draw_log_gamma(random, shape));
  }
  const float largest = std::ranges::max(weights);
  float sum = 0;
  for (float& weight : weights) {
    weight = std::exp(weight - largest);
    sum += weight;
  }
  for (float& weight : weights) weight /= sum;
}

}  // namespace lathe::augment
