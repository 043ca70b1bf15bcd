#include "train/report/axis.h"

#include <algorithm>
#include <cmath>

#include "train/report/text.h"

namespace lathe::train {

double nice_step(double range, int count) {
  const double raw = range / count;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  const double part = raw / power;
  return power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
}

std::string tick_label(double value, double step) {
  if (std::abs(value) < step * 1e-6) return "0";
  const int digits = static_cast<int>(-std::floor(std::log10(step) + 1e-9));
  constexpr int kMostDigits = 4;
  if (digits > kMostDigits && std::abs(value) < 100 * step) {
    return significant(value, 3);
  }
  return number(value, std::clamp(digits, 0, 6));
}

}  // namespace lathe::train
