#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "core/host_device.h"

namespace lathe {

/// Names of the streams that share a seed. A pipeline's own operations follow
/// from `augmentation`, layers drawing at run time from `dropout`.
struct RandomStream {
  static constexpr std::uint32_t initializer = 0;
  static constexpr std::uint32_t shuffle = 1;
  static constexpr std::uint32_t split = 2;
  static constexpr std::uint32_t scenes = 3;
  static constexpr std::uint32_t window = 4;
  static constexpr std::uint32_t dropout = 0x1000;
  static constexpr std::uint32_t augmentation = 0x2000;
};

/// What a draw depends on, and nothing else does.
struct RandomKey {
  std::uint64_t seed = 0;
  std::uint32_t epoch = 0;
  std::uint32_t sample = 0;
  std::uint32_t operation = 0;
};

/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2,
/// 3", 2011): four random words as a pure function of counter and key.
LATHE_HOST_DEVICE inline std::array<std::uint32_t, 4> philox4x32(
    std::array<std::uint32_t, 4> counter, std::uint64_t seed) {
  auto key0 = static_cast<std::uint32_t>(seed);
  auto key1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key0,
               static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key1,
               static_cast<std::uint32_t>(a)};
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return counter;
}

/// The numbers of one key in order. Any of them can be had at once: at(i).
class Philox {
 public:
  LATHE_HOST_DEVICE explicit Philox(const RandomKey& key) : key_(key) {}

  LATHE_HOST_DEVICE std::uint32_t at(std::uint32_t index) const {
    return philox4x32({index / 4, key_.operation, key_.sample, key_.epoch},
                      key_.seed)[index % 4];
  }
  LATHE_HOST_DEVICE std::uint32_t next() {
    if (index_ % 4 == 0) {
      block_ = philox4x32({index_ / 4, key_.operation, key_.sample, key_.epoch},
                          key_.seed);
    }
    return block_[index_++ % 4];
  }
  /// Uniform in [0, 1), a multiple of 2^-24.
  LATHE_HOST_DEVICE float uniform() {
    return static_cast<float>(next() >> 8) * 0x1p-24F;
  }
  /// Uniform in [low, high).
  LATHE_HOST_DEVICE float uniform(float low, float high) {
    return low + (high - low) * uniform();
  }
  /// Uniform in 0 .. count-1 (Lemire's multiplication; bias below 2^-32 count).
  LATHE_HOST_DEVICE std::uint32_t below(std::uint32_t count) {
    return static_cast<std::uint32_t>(
        (static_cast<std::uint64_t>(next()) * count) >> 32);
  }
  /// Standard normal, by Box and Muller; takes two words.
  LATHE_HOST_DEVICE float normal() {
    const float radius = std::sqrt(-2.0F * std::log(1.0F - uniform()));
    return radius * std::cos(6.28318530718F * uniform());
  }

 private:
  RandomKey key_;
  std::uint32_t index_ = 0;
  std::array<std::uint32_t, 4> block_{};
};

}  // namespace lathe
