#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <span>
#include <thread>

#include "core/communication/communicator.h"

namespace lathe {

/// Sums over ranks beside other work, one after the other in a thread with a
/// communicator of its own. Every rank starts the same ones in the same order.
class Reductions {
 public:
  explicit Reductions(std::shared_ptr<Communicator> ranks);
  ~Reductions();
  Reductions(const Reductions&) = delete;
  Reductions& operator=(const Reductions&) = delete;

  /// Begins to replace values by their sums, and returns its number. They are
  /// the thread's until wait() for that number returns.
  std::int64_t start(std::span<float> values);
  /// Throws what went wrong in the thread, also with a sum before.
  void wait(std::int64_t number);

 private:
  void work();

  std::shared_ptr<Communicator> ranks_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::span<float>> waiting_;
  std::int64_t started_ = 0;
  std::int64_t done_ = 0;
  std::exception_ptr error_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace lathe
