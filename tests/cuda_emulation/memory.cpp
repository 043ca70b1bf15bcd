#include <cuda_emulation/runtime.h>
#include <sys/mman.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <new>

namespace cuda_emulation {
namespace {

// As aligned as cudaMalloc's.
constexpr std::size_t kAligned = 256;
// Addresses, not memory.
constexpr std::size_t kRegion = std::size_t{1} << 36;

// The device's memory, which nobody may touch while nothing is done there.
class Memory {
 public:
  Memory()
      : base_(static_cast<std::byte*>(
            mmap(nullptr, kRegion, PROT_NONE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0))) {}

  void* take(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (bytes > limit_ - used_) return nullptr;
    // The first gap that is large enough.
    std::byte* place = base_;
    for (const auto& [start, size] : blocks_) {
      if (place + bytes <= start) break;
      place = start + size;
    }
    const std::size_t size = (bytes + kAligned - 1) / kAligned * kAligned;
    blocks_[place] = size;
    used_ += size;
    if (opened_ > 0) protect(PROT_READ | PROT_WRITE);
    return place;
  }

  bool give_back(void* memory) {
    const std::lock_guard lock(mutex_);
    const auto found = blocks_.find(static_cast<std::byte*>(memory));
    if (found == blocks_.end()) return false;
    used_ -= found->second;
    blocks_.erase(found);
    return true;
  }

  void limit(std::size_t free_bytes) {
    const std::lock_guard lock(mutex_);
    limit_ = used_ + free_bytes;
  }
  std::size_t free_bytes() {
    const std::lock_guard lock(mutex_);
    return limit_ - used_;
  }
  std::size_t total_bytes() const { return limit_; }

  void open() {
    const std::lock_guard lock(mutex_);
    if (opened_++ == 0) protect(PROT_READ | PROT_WRITE);
  }
  void close() {
    const std::lock_guard lock(mutex_);
    if (--opened_ == 0) protect(PROT_NONE);
  }

  bool has(const void* address) const {
    const auto* const byte = static_cast<const std::byte*>(address);
    return byte >= base_ && byte < base_ + kRegion;
  }

 private:
  void protect(int how) {
    if (blocks_.empty()) return;
    const auto& [start, size] = *blocks_.rbegin();
    mprotect(base_, static_cast<std::size_t>(start + size - base_), how);
  }

  std::byte* base_;
  std::mutex mutex_;
  std::map<std::byte*, std::size_t> blocks_;
  std::size_t limit_ = kRegion;
  std::size_t used_ = 0;
  int opened_ = 0;
};

// It is there until the process ends, as others may be that hold some of it.
Memory& memory() {
  static auto& memory = *new Memory;
  return memory;
}

}  // namespace

void set_memory(std::size_t free_bytes) {
  memory().limit(free_bytes);
}

bool is_device_memory(const void* address) {
  return memory().has(address);
}

DeviceAccess::DeviceAccess() {
  memory().open();
}

DeviceAccess::~DeviceAccess() {
  memory().close();
}

}  // namespace cuda_emulation

using namespace cuda_emulation;

cudaError_t cudaMalloc(void** taken, std::size_t bytes) {
  *taken = nullptr;
  if (const cudaError_t error = waits_for_device()) return error;
  *taken = memory().take(bytes);
  return *taken == nullptr ? cudaErrorMemoryAllocation : cudaSuccess;
}

cudaError_t cudaFree(void* taken) {
  const cudaError_t error = waits_for_device();
  return memory().give_back(taken) ? error : cudaErrorInvalidValue;
}

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  *free = memory().free_bytes();
  *total = memory().total_bytes();
  return cudaSuccess;
}

cudaError_t cudaMallocHost(void** taken, std::size_t bytes) {
  if (const cudaError_t error = waits_for_device()) return error;
  *taken = ::operator new (bytes, std::align_val_t{kAligned});
  return cudaSuccess;
}

cudaError_t cudaFreeHost(void* taken) {
  const cudaError_t error = waits_for_device();
  ::operator delete (taken, std::align_val_t{kAligned});
  return error;
}
