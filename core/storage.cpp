#include "core/storage.h"

#include <algorithm>
#include <new>

#include "core/cuda/memory.h"

namespace lathe {
namespace {

constexpr std::align_val_t kAligned{kAlignment};

struct Release {
  void operator()(void* memory) const { ::operator delete(memory, kAligned); }
};

}  // namespace

std::shared_ptr<Storage> Storage::on_host(std::size_t bytes) {
  const std::shared_ptr<Storage> result(new Storage(bytes, Newest::host));
  result->host_ = std::shared_ptr<void>(
      ::operator new(std::max<std::size_t>(bytes, 1), kAligned), Release{});
  return result;
}

std::shared_ptr<Storage> Storage::on_device(void* device, std::size_t bytes) {
  const std::shared_ptr<Storage> result(new Storage(bytes, Newest::device));
  result->device_ = std::shared_ptr<void>(std::shared_ptr<void>(), device);
  return result;
}

void Storage::fetch() {
  const std::lock_guard lock(mutex_);
  if (!host_) host_ = cuda::pinned_memory(bytes_);
  if (newest_ == Newest::device) {
    cuda::download(host_.get(), device_.get(), bytes_);
  }
  newest_.store(Newest::host, std::memory_order_release);
}

void Storage::make_device_block() {
  if (!device_) device_ = cuda::device_memory(bytes_);
}

void* Storage::device() {
  const std::lock_guard lock(mutex_);
  make_device_block();
  if (newest_ == Newest::host) {
    cuda::upload(device_.get(), host_.get(), bytes_);
    newest_ = Newest::both;
  }
  return device_.get();
}

void* Storage::written_on_device() {
  void* const result = device();
  newest_ = Newest::device;
  return result;
}

void* Storage::overwritten_on_device() {
  const std::lock_guard lock(mutex_);
  make_device_block();
  newest_ = Newest::device;
  return device_.get();
}

}  // namespace lathe
