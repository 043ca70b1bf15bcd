#pragma once

#include <cstdint>

#include "core/augmentation/color.h"

namespace lathe::cpu {

/// Some of the noise of a seed, in blocks of four words; see
/// core/augmentation/noise.h.
struct NoiseBlocks {
  std::uint32_t seed;
  std::uint32_t first;
  std::uint32_t count;
};
/// What is computed at once; the memory for noise must hold whole groups.
inline constexpr std::uint32_t kNoiseGroup = 16;

void fill_words(const NoiseBlocks& blocks, std::uint32_t* words);
void fill_normals(const NoiseBlocks& blocks, float* normals);

/// values + deviation * normals, clipped.
void add_noise(const float* normals, float deviation, std::int64_t count,
               const ValueRange& range, float* values);

}  // namespace lathe::cpu
