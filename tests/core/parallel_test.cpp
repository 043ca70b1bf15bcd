#include "core/parallel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <thread>
#include <vector>

namespace lathe {
namespace {

/// Sets the number of threads for one test and puts it back.
class ThreadCount {
 public:
  explicit ThreadCount(int count) : before_(thread_count()) {
    set_thread_count(count);
  }
  ~ThreadCount() { set_thread_count(before_); }
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;

 private:
  int before_;
};

TEST(Parallel, RunsEachTaskOnce) {
  for (const int threads : {1, 2, 3, 8}) {
    const ThreadCount scope(threads);
    for (const std::int64_t tasks : {0, 1, 2, 3, 7, 64, 1000}) {
      SCOPED_TRACE(::testing::Message() << threads << " threads, " << tasks);
      std::vector<int> runs(static_cast<std::size_t>(tasks), 0);
      parallel_tasks(tasks, [&](std::int64_t task) { ++runs[task]; });
      EXPECT_EQ(std::ranges::count(runs, 1), tasks);
    }
  }
}

TEST(Parallel, SeesWhatWasWrittenBeforeAndHandsBackWhatWasWrittenInside) {
  const ThreadCount scope(4);
  std::vector<std::int64_t> values(64, 0);
  for (std::int64_t round = 0; round < 200; ++round) {
    std::int64_t added = round;  // On the stack, fresh in every round.
    parallel_tasks(64, [&](std::int64_t task) { values[task] += added; });
    added = 0;
    std::ranges::rotate(values, values.begin() + 1);
  }
  EXPECT_EQ(std::ranges::count(values, 200 * 199 / 2), 64);
}

TEST(Parallel, NestedCallsRunEveryTask) {
  const ThreadCount scope(3);
  std::vector<int> runs(5 * 7, 0);
  parallel_tasks(5, [&](std::int64_t outer) {
    parallel_tasks(7, [&](std::int64_t inner) { ++runs[outer * 7 + inner]; });
  });
  EXPECT_EQ(std::ranges::count(runs, 1), 35);
}

TEST(Parallel, WorkersDoEachTaskOnceWithNumbersOfTheirOwn) {
  const ThreadCount scope(4);
  for (const std::int64_t workers : {1, 2, 3, 8}) {
    SCOPED_TRACE(workers);
    constexpr std::int64_t kTasks = 100;
    EXPECT_LE(workers_for(kTasks), 4);
    std::vector<int> runs(kTasks, 0);
    std::vector<std::atomic<int>> busy(static_cast<std::size_t>(workers));
    parallel_workers(kTasks, workers, [&](std::int64_t worker, Tasks mine) {
      ASSERT_LT(worker, workers);
      EXPECT_EQ(busy[static_cast<std::size_t>(worker)]++, 0);
      while (const auto task = mine.next()) ++runs[*task];
    });
    EXPECT_EQ(std::ranges::count(runs, 1), kTasks);
  }
}

TEST(Parallel, WithoutTasksNobodyWorks) {
  EXPECT_EQ(workers_for(0), 0);
  parallel_workers(0, 0, [](std::int64_t, Tasks) { FAIL(); });
}

// The first task ends when all others have: those that would be the same
// thread's, too.
TEST(Parallel, ATaskThatTakesLongHoldsNoOtherUp) {
  const ThreadCount threads(2);
  constexpr std::int64_t kTasks = 16;
  std::atomic<std::int64_t> others{0};
  const auto start = std::chrono::steady_clock::now();
  const auto waited = [&] {
    return std::chrono::steady_clock::now() - start > std::chrono::seconds(20);
  };
  parallel_tasks(kTasks, [&](std::int64_t task) {
    if (task != 0) {
      ++others;
      return;
    }
    while (others < kTasks - 1 && !waited()) std::this_thread::yield();
    EXPECT_EQ(others, kTasks - 1);
  });
}

TEST(Parallel, RangesCoverEverythingOnceInPiecesOfAtLeastTheGrain) {
  for (const std::int64_t count : {0, 1, 99, 100, 101, 6400, 6401, 123457}) {
    SCOPED_TRACE(count);
    std::vector<int> runs(static_cast<std::size_t>(count), 0);
    parallel_ranges(count, 100, [&](std::int64_t begin, std::int64_t end) {
      EXPECT_TRUE(end - begin >= 100 || end == count);
      for (std::int64_t i = begin; i < end; ++i) ++runs[i];
    });
    EXPECT_EQ(std::ranges::count(runs, 1), count);
  }
}

// A sum of floats depends on its order; the pieces must not depend on threads.
TEST(Parallel, SumsAreTheSameBitsWithAnyNumberOfThreads) {
  constexpr std::int64_t kCount = 100'003;
  std::vector<float> values(kCount);
  for (std::int64_t i = 0; i < kCount; ++i) {
    values[i] = std::sin(static_cast<float>(i));
  }
  const auto sum = [&](int threads) {
    const ThreadCount scope(threads);
    std::vector<float> sums(kCount, 0);
    parallel_ranges(kCount, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) sums[begin] += values[i];
    });
    float total = 0;
    for (const float part : sums) total += part;
    return total;
  };
  const float expected = sum(1);
  for (const int threads : {2, 3, 5, 16}) EXPECT_EQ(sum(threads), expected);
}

}  // namespace
}  // namespace lathe
