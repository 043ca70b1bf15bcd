#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "core/device.h"
#include "core/tensor.h"

namespace lathe {

/// Changes the images of a batch, each sample by draws of its own. Floors above
/// make them (augment::Pipeline); graphs and kernels only carry and call them.
class ImageEffect {
 public:
  virtual ~ImageEffect() = default;

  /// Writes the images changed: float32 (N, H, W, C) both, in different memory.
  /// `draw` is N + 2 numbers: the seed, the epoch, the sample ids. What a
  /// sample becomes depends on these and on its pixels alone. `workspace` holds
  /// workspace_bytes() bytes, 64-byte aligned, of any contents.
  virtual void apply(Device device, const Tensor& images,
                     const std::int64_t* draw, const Tensor& output,
                     void* workspace) const = 0;
  virtual std::size_t workspace_bytes(const Shape& images) const = 0;

  /// One effect in place of this and then `next`, with the same draws, where
  /// that is meant: operations that read pixels alike then resample once. Null
  /// where the two stay apart.
  virtual std::shared_ptr<const ImageEffect> then(
      const ImageEffect& next) const = 0;

  /// The operations as texts: "flip=horizontal,rotation=0.1".
  virtual std::string text() const = 0;
};

}  // namespace lathe
