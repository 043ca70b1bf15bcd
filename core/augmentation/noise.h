#pragma once

#include <cmath>
#include <cstdint>

#include "core/augmentation/pixel.h"
#include "core/philox.h"

namespace lathe {

/// Noise for value (or pixel) number i of an image under a seed is word i % 4
/// of block i / 4: Philox4x32-10 with the counter (block, seed, "nois", 0) and
/// the key 0.
LATHE_PIXEL_FUNCTION std::array<std::uint32_t, 4> noise_counter(
    std::uint32_t seed, std::uint32_t block) {
  return {block, seed, 0x6E6F6973, 0};
}
LATHE_PIXEL_FUNCTION std::array<std::uint32_t, 4> noise_words(
    std::uint32_t seed, std::uint32_t block) {
  return philox4x32(noise_counter(seed, block), 0);
}

/// A word as a number from [0, 1), a multiple of 2^-24.
LATHE_PIXEL_FUNCTION float unit_of(std::uint32_t word) {
  return static_cast<float>(word >> 8) * 0x1p-24F;
}

/// The point of the unit circle that is a part of a turn from the right.
struct CirclePoint {
  float cosine;
  float sine;
};
LATHE_PIXEL_FUNCTION CirclePoint circle_point(float part) {
  CirclePoint result;
#ifdef __CUDA_ARCH__
  // Without the way for large angles, which takes a stack.
  sincospif(2.0F * part, &result.sine, &result.cosine);
#else
  const float angle = 6.28318530718F * part;
  result.cosine = std::cos(angle);
  result.sine = std::sin(angle);
#endif
  return result;
}

/// The standard normal numbers 4 block to 4 block + 3, two from each pair of
/// words (Box and Muller, 1958).
LATHE_PIXEL_FUNCTION std::array<float, 4> normal_numbers(std::uint32_t seed,
                                                         std::uint32_t block) {
  const std::array<std::uint32_t, 4> words = noise_words(seed, block);
  std::array<float, 4> result{};
  for (int i = 0; i < 4; i += 2) {
    const float radius = std::sqrt(-2.0F * std::log(1.0F - unit_of(words[i])));
    const CirclePoint point = circle_point(unit_of(words[i + 1]));
    result[i] = radius * point.cosine;
    result[i + 1] = radius * point.sine;
  }
  return result;
}

}  // namespace lathe
