#pragma once

#include <vector>

#include "core/cuda/divisor.h"

namespace lathe::cuda {

/// One axis of a walk through the elements of a tensor in row-major order: how
/// many places it has, and how far apart they lie in some other tensor.
struct Axis {
  Divisor extent{};
  std::uint32_t stride = 0;
};

/// Where the elements of a tensor lie in another one. Passed to kernels by
/// value.
class Axes {
 public:
  static constexpr std::size_t kMost = 6;

  /// `axes` from the outermost on. Throws Error naming `operation` where there
  /// are more than kMost.
  Axes(std::string_view operation, const std::vector<Axis>& axes,
       std::uint32_t start)
      : count_(static_cast<int>(axes.size())), start_(start) {
    if (axes.size() > kMost) {
      fail(operation, ": goes through at most ", kMost,
           " axes on a GPU, not through ", axes.size());
    }
    for (std::size_t i = 0; i < axes.size(); ++i) axes_[i] = axes[i];
  }

  LATHE_HOST_DEVICE std::uint32_t place(std::uint32_t i) const {
    std::uint32_t result = start_;
    for (int axis = count_ - 1; axis >= 0; --axis) {
      const std::uint32_t outer = axes_[axis].extent.quotient(i);
      result += (i - outer * axes_[axis].extent.value()) * axes_[axis].stride;
      i = outer;
    }
    return result;
  }

 private:
  Axis axes_[kMost];
  int count_;
  std::uint32_t start_;
};

}  // namespace lathe::cuda
