#pragma once

#include <vector>

#include "core/cpu/convolution.h"

namespace lathe::cpu {

/// Products y = x w [+ bias] of a convolution of single pixels for a few pixels
/// at a time, by the calling thread: so that what follows finds them in a
/// cache. x: (pixels, channels), y: (pixels, filters), all float32 or bfloat16.
class PixelProducts {
 public:
  /// For any of `counts` pixels at a time, by as many as `workers` callers
  /// at once.
  PixelProducts(std::int64_t channels, std::int64_t filters, bool bias,
                const std::vector<std::int64_t>& counts, std::int64_t workers,
                DType dtype = DType::float32);

  struct Operands {
    const void* x;
    const void* w;  // as input 1 of the kernel that kernel() made
    const void* bias;
    void* y;
  };

  /// The products of counts[index] pixels. `workspace`: the caller's own of
  /// workspace_bytes().
  void run(std::int64_t worker, std::size_t index, const Operands& operands,
           void* workspace) const;

  std::int64_t workspace_bytes() const { return workspace_bytes_; }

  /// The kernel that runs `products`, which gets as input 1 the weights as
  /// run() wants them.
  Kernel kernel(const Kernel& products) const;

 private:
  // Weights as some of the counts want them, at a place among all those.
  struct Arrangement {
    std::function<void(const KernelArguments&)> arrange;
    std::size_t place;
  };

  void find_arrangements(const std::vector<ConvolutionShape>& shapes);

  bool bias_;
  std::vector<std::vector<Kernel>> workers_;
  std::int64_t workspace_bytes_ = 0;
  std::vector<Arrangement> arrangements_;
  std::vector<std::size_t> places_;  // for each of the counts
  std::size_t arranged_bytes_ = 0;
};

}  // namespace lathe::cpu
