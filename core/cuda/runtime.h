#pragma once

#include <cuda_runtime.h>

#include <source_location>
#include <string>
#include <string_view>

namespace lathe::cuda {

/// Throws Error naming the call, what CUDA says, and where it was made, unless
/// `status` is cudaSuccess.
void check(cudaError_t status, std::string_view call,
           std::source_location where = std::source_location::current());

/// Why no GPU can be used; empty where one can.
std::string why_no_device();

/// How many multiprocessors the current device has.
int multiprocessors();

/// Whether its kernels can begin while the one before ends: from compute
/// capability 9.0 on.
bool can_start_early();

}  // namespace lathe::cuda
