#pragma once

#include <cstdint>

#include "core/host_device.h"

// The CPU and CUDA kernels compute with these, too.
namespace lathe::reference {

/// What the rows that count add up to, of one class. Doubles only, for ranks
/// sum them.
struct DiceSums {
  double overlap = 0;  ///< t p
  double total = 0;    ///< t + p
  double counted = 0;  ///< 1

  LATHE_HOST_DEVICE DiceSums& operator+=(const DiceSums& other) {
    overlap += other.overlap;
    total += other.total;
    counted += other.counted;
    return *this;
  }
};

/// The class of an id as a place in a row, or -1 for an id of 0 where there is
/// one channel.
LATHE_HOST_DEVICE inline std::int64_t place_of(std::int64_t id,
                                               std::int64_t classes) {
  return classes == 1 ? id - 1 : id;
}

/// Whether an id is none of several classes.
LATHE_HOST_DEVICE inline bool is_no_class(std::int64_t id,
                                          std::int64_t classes) {
  return classes > 1 && (id < 0 || id >= classes);
}

/// Writes the outputs of graph::Dice, from the sums over all of so many ranks.
template <class T>
LATHE_HOST_DEVICE void write_dice(const DiceSums* sums, std::int64_t classes,
                                  bool per_class, int ranks, T* loss,
                                  T* slopes) {
  constexpr double kEpsilon = 1e-7;
  DiceSums all;
  for (std::int64_t c = 0; c < classes; ++c) all += sums[c];
  const auto parts = static_cast<double>(per_class ? classes : 1);
  double losses = 0;
  for (std::int64_t c = 0; c < classes; ++c) {
    const DiceSums& part = per_class ? sums[c] : all;
    const double size = part.total + kEpsilon;
    const double dice = 2 * part.overlap / size;
    losses += 1 - dice;
    const double scale = ranks / (parts * size);
    slopes[2 * c] = static_cast<T>(scale * (dice - 2));
    slopes[2 * c + 1] = static_cast<T>(scale * dice);
  }
  *loss = static_cast<T>(
      all.counted == 0 ? 0 : losses / static_cast<double>(classes));
}

}  // namespace lathe::reference
