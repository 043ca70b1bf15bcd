#include "train/data/sample_cache.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

namespace lathe::train {
namespace {

constexpr std::uint8_t kAbsent = 0;
constexpr std::uint8_t kBeingWritten = 1;
constexpr std::uint8_t kThere = 2;

}  // namespace

std::size_t SampleCache::automatic_budget() {
  std::size_t available = std::size_t{4} << 30;
  std::ifstream file("/proc/meminfo");
  std::string name;
  std::size_t kilobytes = 0;
  std::string rest;
  while (file >> name >> kilobytes && std::getline(file, rest)) {
    if (name == "MemAvailable:") available = kilobytes * 1024;
  }
  // A container may be allowed less; "max" is no number.
  std::size_t allowed = 0;
  if (std::ifstream("/sys/fs/cgroup/memory.max") >> allowed) {
    available = std::min(available, allowed);
  }
  return available / 4;
}

SampleCache::SampleCache(std::shared_ptr<const Dataset> source,
                         std::size_t budget_bytes)
    : source_(std::move(source)),
      image_bytes_(source_->image_spec().bytes()),
      target_bytes_(source_->target_spec().bytes()),
      memory_(nullptr, [](std::byte* memory) { std::free(memory); }) {
  const std::size_t sample = image_bytes_ + target_bytes_;
  capacity_ = std::min(source_->size(),
                       static_cast<std::int64_t>(budget_bytes / sample));
  if (capacity_ > 0) {
    memory_.reset(static_cast<std::byte*>(
        std::malloc(static_cast<std::size_t>(capacity_) * sample)));
    if (memory_ == nullptr) capacity_ = 0;
  }
  states_ = std::vector<std::atomic<std::uint8_t>>(
      static_cast<std::size_t>(capacity_));
}

std::size_t SampleCache::bytes() const {
  return static_cast<std::size_t>(capacity_) * (image_bytes_ + target_bytes_);
}

void SampleCache::read(std::int64_t index, const Tensor& image,
                       const Tensor& target) const {
  if (index >= capacity_) return source_->read(index, image, target);
  auto& state = states_[static_cast<std::size_t>(index)];
  std::byte* kept = memory_.get() + static_cast<std::size_t>(index) *
                                        (image_bytes_ + target_bytes_);
  if (state.load(std::memory_order_acquire) == kThere) {
    std::memcpy(image.raw(), kept, image_bytes_);
    std::memcpy(target.raw(), kept + image_bytes_, target_bytes_);
    return;
  }
  source_->read(index, image, target);
  std::uint8_t absent = kAbsent;
  if (!state.compare_exchange_strong(absent, kBeingWritten)) return;
  std::memcpy(kept, image.raw(), image_bytes_);
  std::memcpy(kept + image_bytes_, target.raw(), target_bytes_);
  state.store(kThere, std::memory_order_release);
}

}  // namespace lathe::train
