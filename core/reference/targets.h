#pragma once

#include <cstdint>

#include "core/graph/operations/loss.h"
#include "core/kernel.h"

namespace lathe::reference {

/// The class ids of a tensor, uint8 or int32.
class Targets {
 public:
  Targets(const KernelArguments& memory, std::size_t input, DType dtype)
      : bytes_(dtype == DType::uint8 ? memory.input<std::uint8_t>(input)
                                     : nullptr),
        words_(dtype == DType::int32 ? memory.input<std::int32_t>(input)
                                     : nullptr),
        ignored_(graph::ignored_target(dtype)) {}

  std::int32_t operator[](std::int64_t i) const {
    return bytes_ != nullptr ? bytes_[i] : words_[i];
  }
  bool ignored(std::int64_t i) const { return (*this)[i] == ignored_; }
  /// How many of `count` are not to ignore.
  double counted(std::int64_t count) const {
    double result = 0;
    for (std::int64_t i = 0; i < count; ++i) result += ignored(i) ? 0 : 1;
    return result;
  }

 private:
  const std::uint8_t* bytes_;
  const std::int32_t* words_;
  std::int32_t ignored_;
};

/// Keras' bounds of a probability, rounded as Keras rounds them.
template <class T>
inline constexpr T kLowest = static_cast<T>(1e-7);
template <class T>
inline constexpr T kHighest = static_cast<T>(1 - 1e-7);

}  // namespace lathe::reference
