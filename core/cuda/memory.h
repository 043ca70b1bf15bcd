#pragma once

#include <cstddef>
#include <memory>

#include "core/error.h"

namespace lathe::cuda {

// Everything a process does on the GPU is done in one stream, one thing after
// the other, but for copies to it that need not wait for their turn (Feed).

/// The stream, a cudaStream_t, made when it is first asked for.
void* stream();

/// Waits until all of it is done.
void synchronize();

/// Thrown where the GPU's memory doesn't suffice; says how much is free.
class OutOfMemory : public Error {
 public:
  using Error::Error;
  /// Of the executable that was being made: what its kernels share.
  std::size_t workspace_bytes = 0;
};

/// How many bytes of the GPU's memory nobody has taken.
std::size_t free_bytes();

/// So many bytes of the GPU's memory, of undefined contents. Throws OutOfMemory
/// where there are not as many.
std::shared_ptr<void> device_memory(std::size_t bytes);

/// So many bytes of the host's memory, which the GPU copies to and from at full
/// speed.
std::shared_ptr<void> pinned_memory(std::size_t bytes);

/// So many bytes are copied to the GPU without waiting for it.
inline constexpr std::size_t kSmallCopy = std::size_t{64} << 10;

/// Copies to the GPU's memory. The host's may change once this returns.
void upload(void* device, const void* host, std::size_t bytes);

/// Copies from the GPU's memory, once the stream has got there.
void download(void* host, const void* device, std::size_t bytes);

}  // namespace lathe::cuda
