#pragma once

#include "core/kernel.h"

namespace lathe {

/// What Kernel::run may be: a kernel that computes with its weights, input 1,
/// rearranged. Called as a whole it rearranges them each time; who knows that
/// they are the same as last time calls `prepare` once and then `run`.
struct PreparedRun {
  /// From the weights, its only input, to its only output, aligned as a
  /// workspace is.
  std::function<void(const KernelArguments&)> prepare;
  /// With the rearranged weights as input 1.
  std::function<void(const KernelArguments&)> run;
  /// Of the rearranged weights.
  std::size_t bytes = 0;
  /// Where they lie in the workspace where all is done at once.
  std::size_t offset = 0;

  /// Both, one after the other.
  void operator()(const KernelArguments& arguments) const;
};

/// The kernel of both, of which `run` gets as input 1 what `prepare` writes.
Kernel prepared_kernel(const Kernel& prepare, std::size_t bytes,
                       const Kernel& run);

}  // namespace lathe
