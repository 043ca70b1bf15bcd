#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "augment/augmentation.h"

namespace lathe::augment {

/// What the learned and the drawn policies choose from, as torchvision has it
/// (torchvision.transforms.v2.RandAugment); the amounts are
///   shear_x, shear_y          slopes, about the first pixel
///   translate_x, translate_y  whole pixels to the right, down; parts of the
///                             extents, or pixels (PolicySpace)
///   rotate                    degrees counter-clockwise, about the middle
///   brightness                x (1 + amount)
///   color                     grey + (1 + amount) (x - grey)
///   contrast                  mean grey + (1 + amount) (x - mean grey)
///   sharpness                 smoothed + (1 + amount) (x - smoothed)
///   posterize                 how many of 8 bits are kept
///   solarize                  inverts from there on
enum class PolicyKind : std::int32_t {
  identity,
  shear_x,
  shear_y,
  translate_x,
  translate_y,
  rotate,
  brightness,
  color,
  contrast,
  sharpness,
  posterize,
  solarize,
  autocontrast,
  equalize,
  invert
};

std::string name_of(PolicyKind kind);

/// The amounts at full magnitude; at none, each kind leaves an image as it is
/// but posterize, which keeps `bits`.
struct PolicySpace {
  float shear = 0.3F;
  float translate = 150.0F / 331;
  bool translates_pixels = false;
  float rotate = 30;
  /// Of brightness, color, contrast and sharpness.
  float enhance = 0.9F;
  float bits = 8;
  float dropped_bits = 4;

  /// The amount at a part of full magnitude, 0 to 1; negative where that is
  /// asked for and means something.
  float amount(PolicyKind kind, float part, bool negative) const;
};

/// How all operations of a policy read pixels.
struct PolicyReading {
  Sampling sampling;
  bool translates_pixels = false;
};

/// One operation for each sample: numbers `column` and column + 1 of the row
/// are its PolicyKind and its amount. Where it is a link of a chain, the
/// chain's number in the row is its part.
std::shared_ptr<const Effect> policy_effect(
    const PolicyReading& reading, std::size_t column,
    const std::optional<ChainLink>& link = {});

/// The operations in such a row: "rotate 12.5, equalize".
std::string describe_policy(std::span<const float> row);

}  // namespace lathe::augment
