#include "core/communication/reductions.h"

namespace lathe {

Reductions::Reductions(std::shared_ptr<Communicator> ranks)
    : ranks_(std::move(ranks)), thread_([this] { work(); }) {}

Reductions::~Reductions() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::int64_t Reductions::start(std::span<float> values) {
  std::int64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(values);
    number = ++started_;
  }
  changed_.notify_all();
  return number;
}

void Reductions::wait(std::int64_t number) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return done_ >= number || error_; });
  if (error_) std::rethrow_exception(error_);
}

void Reductions::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    const std::span<float> values = waiting_.front();
    waiting_.pop_front();
    lock.unlock();
    std::exception_ptr error;
    try {
      ranks_->all_reduce(values);
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    if (error) error_ = error;
    ++done_;
    changed_.notify_all();
  }
}

}  // namespace lathe
