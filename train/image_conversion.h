#pragma once

#include <cstdint>
#include <vector>

#include "augment/pipeline.h"

namespace lathe::train {

/// Bytes of images as the float32 that models take, made where a model is
/// trained: a GPU is sent the bytes, a quarter of that, and no thread of the
/// host computes anything.
class ImageConversion {
 public:
  /// Where models are trained.
  explicit ImageConversion(Device device) : device_(device) {}

  /// Writes uint8 images (N, ...) times `scale` to `result`, float32 of the
  /// same shape.
  void apply(const Tensor& images, float scale, const Tensor& result);

 private:
  Device device_;
  // One that augments nothing.
  augment::Pipeline pipeline_;
  augment::Workspace workspace_;
  std::vector<std::uint32_t> sample_ids_;
};

}  // namespace lathe::train
