#pragma once

#include <array>
#include <cstddef>
#include <memory>

namespace lathe::cuda {

/// A place in what a stream was given to do.
class Mark {
 public:
  Mark();

  /// Marks what the stream was given so far.
  void set(void* stream);
  /// The host, or what a stream is given from now on, waits until all of it is
  /// done. Nothing does where no place was marked yet.
  void wait() const;
  void hold(void* stream) const;

 private:
  std::shared_ptr<void> event_;
};

/// Carries memory of the host to the GPU while that computes: in a stream of
/// its own to one of two blocks of the GPU's, and from there to its place when
/// the stream of all else comes to it. So what is sent for the next step
/// travels during the one under way, whose memory stays as it is.
class Feed {
 public:
  explicit Feed(std::size_t bytes);

  /// Sends a whole block, pinned memory, to `device`. Returns at once: the
  /// host's memory must stay as it is until wait() returns.
  void send(void* device, const void* host);
  void wait() const { side().arrived.wait(); }

 private:
  struct Side {
    std::shared_ptr<void> memory;
    Mark arrived;  // on its way in
    Mark left;     // on its way out
  };
  const Side& side() const { return sides_[current_]; }

  [[maybe_unused]] std::size_t bytes_;  // core/no_cuda keeps none
  std::array<Side, 2> sides_;
  std::size_t current_ = 0;
};

/// Copies from the GPU's memory to pinned memory of the host when the stream
/// gets there, and marks when that is done.
void receive(void* host, const void* device, std::size_t bytes, Mark& done);

}  // namespace lathe::cuda
