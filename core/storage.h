#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

namespace lathe {

namespace cuda {
class Feed;
class Mark;
}  // namespace cuda

/// Where tensors' memory starts: a multiple of what any vector or cache line
/// takes, in bytes.
inline constexpr std::size_t kAlignment = 64;

constexpr std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

/// The memory of tensors: a block of the host's and, once a GPU works with it,
/// one of the GPU's. Whoever asks for either gets what was written last, in
/// whichever: copies are made then, and only then. Only the host waits, and
/// only for what it asks for.
class Storage {
 public:
  /// Undefined contents, aligned to kAlignment.
  static std::shared_ptr<Storage> on_host(std::size_t bytes);

  /// The same in memory that a GPU copies to and from while both it and the
  /// host do something else. Throws Error where there is no GPU.
  static std::shared_ptr<Storage> pinned(std::size_t bytes);

  /// Memory of a GPU that somebody else keeps, such as a place in an arena. The
  /// host's block is made when it is first asked for.
  static std::shared_ptr<Storage> on_device(void* device, std::size_t bytes);

  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  /// The host's block. It counts as written, for callers may write to it until
  /// they or others ask for the GPU's.
  void* host() {
    if (newest_.load(std::memory_order_acquire) != Newest::host) fetch();
    return host_.get();
  }

  /// The GPU's block with what was written last, as soon as the stream gets
  /// there.
  void* device();
  /// The same for what kernels will write as a whole or in part, from now on.
  void* written_on_device();
  /// The same for what kernels will write as a whole: nothing is copied.
  void* overwritten_on_device();

  /// Another number than last time where somebody may have written since: to
  /// the GPU's block, or by a pointer that host() has given him since.
  std::uint64_t version();

  /// Whether the GPU's block is there already.
  bool is_on_device();

  /// Takes as many bytes of a GPU's memory as this has, for the host, when the
  /// stream gets there: whoever asks for the host's block then waits. Only for
  /// pinned memory.
  void receive(const void* device);

 private:
  // `arriving`: the host's, once it is there. `watched`: the host's, which
  // nobody has asked for since version().
  enum class Newest { host, both, device, arriving, watched };

  Storage(std::size_t bytes, Newest newest);
  void fetch();
  void make_device_block();
  void await_arrival();
  void send();

  std::size_t bytes_;
  std::atomic<Newest> newest_;
  std::mutex mutex_;
  std::shared_ptr<void> host_;
  std::shared_ptr<void> device_;
  bool pinned_ = false;
  // For pinned memory, once it is needed.
  std::unique_ptr<cuda::Feed> feed_;
  std::unique_ptr<cuda::Mark> arrival_;
  std::uint64_t version_ = 0;
};

}  // namespace lathe
