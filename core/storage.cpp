#include "core/storage.h"

#include <algorithm>
#include <new>

#include "core/cuda/memory.h"
#include "core/cuda/transfer.h"
#include "core/error.h"

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

std::shared_ptr<Storage> Storage::pinned(std::size_t bytes) {
  const std::shared_ptr<Storage> result(new Storage(bytes, Newest::host));
  result->host_ = cuda::pinned_memory(bytes);
  result->pinned_ = true;
  return result;
}

std::shared_ptr<Storage> Storage::on_device(void* device, std::size_t bytes) {
  const std::shared_ptr<Storage> result(new Storage(bytes, Newest::device));
  result->device_ = std::shared_ptr<void>(std::shared_ptr<void>(), device);
  result->pinned_ = true;
  return result;
}

Storage::Storage(std::size_t bytes, Newest newest)
    : bytes_(bytes), newest_(newest) {}

Storage::~Storage() = default;

void Storage::fetch() {
  const std::lock_guard lock(mutex_);
  if (!host_) {
    host_ = cuda::pinned_memory(bytes_);
    pinned_ = true;
  }
  // Before it is written to, or arrives, nobody may copy it any more.
  if (feed_) feed_->wait();
  await_arrival();
  if (newest_ == Newest::device) {
    cuda::download(host_.get(), device_.get(), bytes_);
  }
  ++version_;
  newest_.store(Newest::host, std::memory_order_release);
}

void Storage::await_arrival() {
  if (newest_ != Newest::arriving) return;
  arrival_->wait();
  newest_.store(Newest::host, std::memory_order_release);
}

void Storage::make_device_block() {
  if (!device_) device_ = cuda::device_memory(bytes_);
}

void Storage::send() {
  if (!pinned_ || bytes_ <= cuda::kSmallCopy) {
    cuda::upload(device_.get(), host_.get(), bytes_);
    return;
  }
  if (!feed_) feed_ = std::make_unique<cuda::Feed>(bytes_);
  feed_->send(device_.get(), host_.get());
}

void* Storage::device() {
  const std::lock_guard lock(mutex_);
  make_device_block();
  await_arrival();
  if (newest_ == Newest::host || newest_ == Newest::watched) {
    send();
    newest_ = Newest::both;
  }
  return device_.get();
}

std::uint64_t Storage::version() {
  const std::lock_guard lock(mutex_);
  if (newest_ == Newest::host) newest_ = Newest::watched;
  return version_;
}

bool Storage::is_on_device() {
  const std::lock_guard lock(mutex_);
  return device_ != nullptr;
}

void Storage::receive(const void* device) {
  const std::lock_guard lock(mutex_);
  if (!pinned_ || !host_) fail("Storage: what arrives needs pinned memory");
  if (feed_) feed_->wait();
  if (!arrival_) arrival_ = std::make_unique<cuda::Mark>();
  ++version_;
  cuda::receive(host_.get(), device, bytes_, *arrival_);
  newest_ = Newest::arriving;
}

void* Storage::written_on_device() {
  void* const result = device();
  const std::lock_guard lock(mutex_);
  ++version_;
  newest_ = Newest::device;
  return result;
}

void* Storage::overwritten_on_device() {
  const std::lock_guard lock(mutex_);
  make_device_block();
  ++version_;
  newest_ = Newest::device;
  return device_.get();
}

}  // namespace lathe
