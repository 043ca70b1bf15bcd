#pragma once

#include <array>
#include <cstdint>

#include "core/augmentation/gpu_memory.h"
#include "core/augmentation/sampling.h"
#include "core/device.h"
#include "core/tensor.h"

namespace lathe {

/// What makes a sample of several of its batch: of itself, and of partners. The
/// numbers are those of a MixStep.
///   none        nothing
///   mixup       a * sample + (1 - a) * partner 0, a being number 0; masks are
///               those of the one with the larger part
///   cutmix      the rectangle of left, top, right, bottom (numbers 0 to 3,
///               whole, the last two exclusive) comes from partner 0
///   mosaic      the four samples side by side, two by two, seen through a
///               window: pixel (x, y) shows (s (x + 1/2) + left, s (y + 1/2) +
///               top), with s, left and top numbers 0 to 2 and edges at whole
///               numbers. Tile t, row by row, is sample (t + number 3) modulo 4
///               of itself, partners 0, 1 and 2
///   copy_paste  the pixels of partner 0 whose class is_pasted(): number 0 is a
///               seed below 2^24, number 1 how often a class is, number 2 the
///               class of the background
enum class MixKind : std::int32_t { none, mixup, cutmix, mosaic, copy_paste };

/// One such operation as drawn for a sample.
struct MixStep {
  MixKind kind = MixKind::none;
  /// Places in the batch of the samples that it takes from.
  std::array<std::int32_t, 3> partners{};
  std::array<float, 4> numbers{};
};

/// Samples to mix: images float32 (N, H, W, C), and masks uint8 or float32
/// (N, H, W, C'), or none.
struct MixBatch {
  Tensor images;
  Tensor masks;
};

/// How a batch is mixed: a step a sample. Masks of class ids are never blended,
/// which Interpolation::nearest says; others say that they are heat maps, which
/// are mixed as images are.
struct Mixing {
  const MixStep* steps = nullptr;
  Interpolation masks = Interpolation::nearest;
};

/// Writes a batch mixed, in other memory of the same types and extents. Throws
/// Error where copy_paste has no masks of class ids, uint8 (N, H, W, 1).
void mix(Device device, const Mixing& how, const MixBatch& input,
         const MixBatch& output, const GpuMemory& gpu = {});

/// Writes before + parts[n] * (changed - original) for each sample n: so one
/// chain after the other is blended with the original, which is before the
/// first. Parts are float32 (N), the others float32 (N, H, W, C); the sum may
/// be where `before` is.
void blend_in(Device device, const Tensor& parts, const Tensor& original,
              const Tensor& changed, const Tensor& before, const Tensor& sum,
              const GpuMemory& gpu = {});

/// Whether masks of class ids come from the partner.
LATHE_PIXEL_FUNCTION bool partner_prevails(const MixStep& step) {
  return step.numbers[0] < 0.5F;
}

LATHE_PIXEL_FUNCTION float mixed_up(const MixStep& step, float own,
                                    float other) {
  return multiply_add(step.numbers[0], own - other, other);
}

LATHE_PIXEL_FUNCTION bool in_rectangle(const MixStep& step, std::int64_t x,
                                       std::int64_t y) {
  const auto column = static_cast<float>(x);
  const auto row = static_cast<float>(y);
  return column >= step.numbers[0] && row >= step.numbers[1] &&
         column < step.numbers[2] && row < step.numbers[3];
}

/// A position along one axis of a mosaic: the first tile or the second, and the
/// pixel there, its centre at a whole number.
struct TilePosition {
  std::int32_t tile = 0;
  float position = 0;
};

/// What pixel i shows of two tiles of `count` pixels from `start` on.
LATHE_PIXEL_FUNCTION TilePosition tile_position(float scale, float start,
                                                std::int64_t i,
                                                std::int64_t count) {
  const float edge = multiply_add(scale, static_cast<float>(i) + 0.5F, start);
  const auto extent = static_cast<float>(count);
  const bool second = edge >= extent;
  return {second ? 1 : 0, (second ? edge - extent : edge) - 0.5F};
}

/// The place in the batch of a mosaic's tile.
LATHE_PIXEL_FUNCTION std::int64_t tile_sample(const MixStep& step,
                                              std::int64_t own,
                                              std::int32_t tile) {
  const std::int32_t source =
      (tile + static_cast<std::int32_t>(step.numbers[3])) % 4;
  return source == 0 ? own : step.partners[source - 1];
}

/// Whether copy_paste takes the pixels of a class: neither those of the
/// background nor those that don't count (255), and of the others each class
/// as its own draw says.
LATHE_PIXEL_FUNCTION bool is_pasted(const MixStep& step,
                                    std::uint32_t class_id) {
  constexpr std::uint32_t kIgnored = 255;
  if (class_id == kIgnored ||
      class_id == static_cast<std::uint32_t>(step.numbers[2])) {
    return false;
  }
  const std::uint32_t word = philox4x32(
      {class_id, 0, 0, 0}, static_cast<std::uint64_t>(step.numbers[0]))[0];
  return static_cast<float>(word >> 8) * 0x1p-24F < step.numbers[1];
}

}  // namespace lathe
