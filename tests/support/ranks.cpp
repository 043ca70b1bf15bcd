#include "tests/support/ranks.h"

#include <algorithm>
#include <barrier>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "core/parallel.h"

namespace lathe::testing {
namespace {

// What the ranks of one communicator show each other, between two barriers.
struct Meeting {
  explicit Meeting(int size)
      : barrier(size), shown(static_cast<std::size_t>(size)) {}

  std::barrier<> barrier;
  std::vector<const void*> shown;
  std::shared_ptr<Meeting> next;
  std::mutex mutex;
};

class ThreadCommunicator final : public Communicator {
 public:
  ThreadCommunicator(std::shared_ptr<Meeting> meeting, int rank)
      : meeting_(std::move(meeting)), rank_(rank) {}

  int rank() const override { return rank_; }
  int size() const override { return static_cast<int>(meeting_->shown.size()); }
  int local_rank() const override { return rank(); }
  int local_size() const override { return size(); }

  void all_reduce(std::span<float> values) override { reduce(values); }
  void all_reduce(std::span<double> values) override { reduce(values); }
  void all_reduce(std::span<std::int64_t> values) override { reduce(values); }

  void all_gather(std::span<const std::byte> own,
                  std::span<std::byte> all) override {
    meet(own.data(), [&](std::size_t r, const void* shown) {
      std::copy_n(static_cast<const std::byte*>(shown), own.size(),
                  all.begin() + static_cast<std::ptrdiff_t>(r * own.size()));
    });
  }

  std::shared_ptr<Communicator> duplicate() override {
    std::shared_ptr<Meeting> next;
    {
      const std::lock_guard lock(meeting_->mutex);
      if (!meeting_->next) meeting_->next = std::make_shared<Meeting>(size());
      next = meeting_->next;
    }
    meeting_->barrier.arrive_and_wait();
    return std::make_shared<ThreadCommunicator>(next, rank_);
  }

  [[noreturn]] void abort(int exit_code) override { std::_Exit(exit_code); }

 private:
  // Calls take(rank, what it shows) for all ranks in order.
  template <class F>
  void meet(const void* shown, F take) {
    meeting_->shown[static_cast<std::size_t>(rank_)] = shown;
    meeting_->barrier.arrive_and_wait();
    for (std::size_t r = 0; r < meeting_->shown.size(); ++r) {
      take(r, meeting_->shown[r]);
    }
    meeting_->barrier.arrive_and_wait();
  }

  template <class T>
  void reduce(std::span<T> values) {
    std::vector<T> sums(values.size());
    meet(values.data(), [&](std::size_t, const void* shown) {
      const T* from = static_cast<const T*>(shown);
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += from[i];
    });
    std::ranges::copy(sums, values.begin());
  }

  std::shared_ptr<Meeting> meeting_;
  int rank_;
};

}  // namespace

void run_ranks(
    int size,
    const std::function<void(const std::shared_ptr<Communicator>&)>& body) {
  const auto meeting = std::make_shared<Meeting>(size);
  std::exception_ptr thrown;
  std::mutex mutex;
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; ++rank) {
    threads.emplace_back([&, rank] {
      set_thread_count(1);
      try {
        body(std::make_shared<ThreadCommunicator>(meeting, rank));
      } catch (...) {
        const std::lock_guard lock(mutex);
        thrown = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace lathe::testing
