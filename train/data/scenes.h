#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace lathe::train {

/// Draws scene number `index` of a seed: a textured, unevenly lit background,
/// soft overlapping shapes of every scale, and noise. The shapes of warm colour
/// are the foreground; cool ones are there to be told apart. Image: uint8 (H,
/// W, 3); mask: uint8 (H, W, 1), 1 where a warm shape covers the pixel's
/// centre and nothing lies above it. The same arguments give the same pixels.
void draw_scene(std::uint64_t seed, std::uint32_t index, const Tensor& image,
                const Tensor& mask);

}  // namespace lathe::train
