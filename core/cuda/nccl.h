#pragma once

#include <span>

#include "core/communication/communicator.h"

namespace lathe::cuda {

// Sums over ranks that have a GPU each, by NCCL.

/// Joins the ranks' GPUs. All call it before they sum, where kernels are made.
/// Throws Error where there is no NCCL.
void connect(Communicator& ranks);

/// Puts into a stream (cudaStream_t) that values in the GPU's memory are
/// replaced by their sums over the ranks; several go as one message.
void all_reduce(Communicator& ranks, std::span<const std::span<float>> values,
                void* stream);
void all_reduce(Communicator& ranks, std::span<double> values, void* stream);

}  // namespace lathe::cuda
