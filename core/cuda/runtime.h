#pragma once

#include <cuda_runtime.h>

#include <memory>
#include <source_location>
#include <string_view>

namespace lathe::cuda {

/// Throws Error naming the call, what CUDA says, and where it was made, unless
/// `status` is cudaSuccess.
void check(cudaError_t status, std::string_view call,
           std::source_location where = std::source_location::current());

/// How many multiprocessors the current device has.
int multiprocessors();

/// A copy of so many bytes in the device's memory; null where there are none.
std::shared_ptr<void> on_device(const void* values, std::size_t bytes);

}  // namespace lathe::cuda
