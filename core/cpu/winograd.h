#pragma once

#include <string_view>

#include "core/cpu/convolution.h"
#include "core/cpu/convolution_epilogue.h"

namespace lathe::cpu {

inline constexpr std::string_view kWinograd = "a convolution by Winograd";

/// Convolutions of 3x3 by Winograd's algorithm (Lavin and Gray, "Fast
/// Algorithms for Convolutional Neural Networks", 2016), by the tiles that
/// results come in.
enum class WinogradTiles {
  /// F(4x4, 3x3): 36 products make 4x4 results, where there were 144. The
  /// points are 0, 2/3, -2/3, 3/2, -3/2 and infinity, which lose least in
  /// float32: the largest error is about 1e-6 of the largest result. What is
  /// stored in bfloat16 is computed in float32 all the same.
  large,
  /// F(2x2, 3x3) of what is stored in bfloat16: 16 products make 2x2 results,
  /// where there were 36. What is multiplied is rounded to bfloat16 at the
  /// points once more: results are off by 0.45 % of their standard deviation,
  /// where rounding them makes 0.17.
  small,
};

/// Whether it is right and worth it: windows that are not dilated, without
/// groups, channels and filters multiples of 16, and tiles that fit the result.
/// A window of 4x4 that moves by two, as upsampling merged into a convolution
/// leaves it, is one of 3x3 over each of the image's four phases, whose first
/// or last row and column are zero: of large tiles 25 products in place of 64,
/// of small ones 9 in place of 16.
bool is_winograd(const ConvolutionShape& shape, WinogradTiles kind);

/// How it is computed.
struct WinogradWay {
  WinogradTiles tiles;
  /// Whether float32 may be multiplied by digits (digit_product.h).
  bool digits = true;
};

/// Inputs x and w, then the epilogue's.
Kernel winograd_convolution(const ConvolutionShape& shape, WinogradWay way,
                            const Epilogue& epilogue);
/// Inputs dy and w, then the epilogue's.
Kernel winograd_input_gradient(const ConvolutionShape& shape, WinogradWay way,
                               const Epilogue& epilogue);
/// Inputs x and dy.
Kernel winograd_weight_gradient(const ConvolutionShape& shape, WinogradWay way);

}  // namespace lathe::cpu
