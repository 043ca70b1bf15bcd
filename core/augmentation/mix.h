#pragma once

#include <array>
#include <cstdint>

#include "core/device.h"
#include "core/tensor.h"

namespace lathe {

/// What makes a sample of several of its batch.
///   none   the sample stays itself
///   mixup  weight * sample + (1 - weight) * partner 0
enum class MixKind : std::int32_t { none, mixup };

/// One such operation as drawn for a sample.
struct MixStep {
  MixKind kind = MixKind::none;
  /// Places in the batch of the samples that it takes from.
  std::array<std::int32_t, 3> partners{};
  /// The sample's own part.
  float weight = 1;
};

/// Writes a batch mixed: float32 (N, H, W, C) images both, in other memory;
/// `steps` has N.
void mix(Device device, const MixStep* steps, const Tensor& images,
         const Tensor& output);

}  // namespace lathe
