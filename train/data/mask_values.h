#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/tensor.h"

namespace lathe::train {

/// What the numbers in mask files mean. "0,255" gives the values of class 0, 1,
/// ... in order; "1=0,2=1,3=ignore" (a trimap; 1:0 is the same as 1=0) gives
/// value and class, or a value that doesn't count. An empty text: for one class
/// 0 is background and 1, or 255, the object; for several the values are class
/// ids, and 255 is ignored.
class MaskValues {
 public:
  /// Throws Error for a text that can't be understood, and for a class that is
  /// not below the number of classes (2 where `classes` is 1).
  MaskValues(std::string_view text, std::int64_t classes);

  /// Throws Error naming `name` where a mask has values without a meaning.
  void check(const Tensor& mask, std::string_view name) const;
  /// Does so too, and turns a mask's values into classes, 255 for ignored
  /// ones, in place.
  void apply(const Tensor& mask, std::string_view name) const;

 private:
  static constexpr int kUnknown = -1;

  void parse(std::string_view text);

  std::int64_t classes_;
  bool given_ = false;
  std::array<int, 256> class_of_{};
};

}  // namespace lathe::train
