#pragma once

#include <string_view>

#include "core/augmentation/sampling.h"
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

/// Shows every sample of `input`, (N, H, W, C) of uint8 or float32, through its
/// row of `rows`, (N, 8) of float32 (see kRowLength), in `output`,
/// (N, H', W', C) of uint8 or float32, which must be other memory. Bytes in the
/// output are rounded, halves up, and clipped.
/// The formula is that of keras.ops.image.affine_transform with the backends
/// torch, JAX and NumPy: taps beyond the border are replaced one by one.
void resample(Device device, const Resample& how, const Tensor& input,
              const Tensor& rows, const Tensor& output);

std::string_view name_of(Interpolation interpolation);
std::string_view name_of(FillMode fill_mode);

/// "nearest" or "bilinear"; throws Error for other texts.
Interpolation interpolation_from(std::string_view text);
/// "constant", "nearest", "reflect", "mirror" or "wrap"; throws Error for other
/// texts.
FillMode fill_mode_from(std::string_view text);

}  // namespace lathe
