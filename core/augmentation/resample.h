#pragma once

#include <span>
#include <string_view>

#include "core/augmentation/color.h"
#include "core/augmentation/gpu_memory.h"
#include "core/augmentation/warp.h"
#include "core/device.h"
#include "core/tensor.h"

namespace lathe {

/// How a batch is resampled: the same for all samples. What differs between
/// them is in the rows.
struct Resample {
  Interpolation interpolation = Interpolation::bilinear;
  FillMode fill_mode = FillMode::reflect;
  /// Seen beyond the image with FillMode::constant, in the input's units.
  float fill_value = 0;
  /// A value v of the input becomes v * scale + offset; 1/255 takes bytes to
  /// [0, 1].
  float scale = 1;
  float offset = 0;
};

/// What happens to colours once pixels are read, and before they are scaled:
/// `count` steps a sample, one after the other, (N, count) in all.
struct Colors {
  const ColorStep* steps = nullptr;
  std::int64_t count = 0;
  /// In the input's units.
  ValueRange range = {};
  /// For a GPU: how many of a sample's steps may need means.
  std::int64_t means = 0;

  std::span<const ColorStep> of(std::int64_t sample) const {
    return {steps + sample * count, static_cast<std::size_t>(count)};
  }
};

/// By so many parts a GPU sums a channel of a sample: a number that doesn't
/// depend on the device, so that the sums don't either.
inline constexpr std::int64_t kChannelSums = 32;

/// Shows every sample of `input`, (N, H, W, C) of uint8 or float32, through its
/// row of `rows`, (N, 8) of float32 (see kRowLength), in `output`,
/// (N, H', W', C) of uint8 or float32, which must be other memory. Bytes in the
/// output are rounded, halves up, and clipped.
/// The formula is that of keras.ops.image.affine_transform with the backends
/// torch, JAX and NumPy, which have no bicubic: taps beyond the border are
/// replaced one by one. All
/// colour steps happen in the same pass; each that needs means takes a further
/// one over the output. `warps`, N of them or none, come between an output
/// pixel and its row: see position_of(). `gpu` is for a GPU only, which needs
/// resample_bytes() of its memory, and warps whose controls are there.
void resample(Device device, const Resample& how, const Tensor& input,
              const Tensor& rows, const Tensor& output,
              const Colors& colors = {}, const Warp* warps = nullptr,
              const GpuMemory& gpu = {});
std::size_t resample_bytes(std::int64_t means, const TensorSpec& output);

std::string_view name_of(Interpolation interpolation);
std::string_view name_of(FillMode fill_mode);

/// "nearest", "bilinear" or "bicubic"; throws Error for other texts.
Interpolation interpolation_from(std::string_view text);
/// "constant", "nearest", "reflect", "mirror" or "wrap"; throws Error for other
/// texts.
FillMode fill_mode_from(std::string_view text);

}  // namespace lathe
