#pragma once

#include <cstddef>
#include <memory>

namespace lathe::cuda {

// Everything a process does on the GPU is done in one stream, one thing after
// the other.

/// The stream, a cudaStream_t, made when it is first asked for.
void* stream();

/// Waits until all of it is done.
void synchronize();

/// So many bytes of the GPU's memory, of undefined contents. Throws Error that
/// says how much is free where there is not enough.
std::shared_ptr<void> device_memory(std::size_t bytes);

/// So many bytes of the host's memory, which the GPU copies to and from at full
/// speed.
std::shared_ptr<void> pinned_memory(std::size_t bytes);

/// Copies to the GPU's memory. The host's may change once this returns.
void upload(void* device, const void* host, std::size_t bytes);

/// Copies from the GPU's memory, once the stream has got there.
void download(void* host, const void* device, std::size_t bytes);

}  // namespace lathe::cuda
