#include "core/parallel.h"

#include <omp.h>

#include <algorithm>
#include <array>
#include <atomic>

namespace lathe {

int thread_count() {
  return omp_get_max_threads();
}

void set_thread_count(int count) {
  omp_set_num_threads(std::max(count, 1));
}

namespace internal {

// A thread's tasks: those from `next` on are anybody's.
struct alignas(64) Share {
  std::atomic<std::int64_t> next{0};
  std::int64_t last = 0;
};

namespace {

// libgomp's barriers are invisible to ThreadSanitizer; these two counters say
// the same in words it understands, and cost nothing beside a barrier.
std::atomic<std::int64_t> begun{0};
std::atomic<std::int64_t> ended{0};

constexpr int kMostShares = 128;

struct Work {
  Share* shares;
  int count;
  Body body;
  void* context;
};

void run_share(const Work& work, int thread) {
  begun.load(std::memory_order_acquire);
  work.body(work.context, thread, Tasks(work.shares, work.count, thread));
  ended.fetch_add(1, std::memory_order_release);
}

#if defined(__SANITIZE_THREAD__)
__attribute__((no_sanitize("thread")))
#endif
void run_team(const Work* work) {
#pragma omp parallel num_threads(work->count)
  run_share(*work, omp_get_thread_num());
}

}  // namespace

void run_tasks(std::int64_t tasks, std::int64_t workers, Body body,
               void* context) {
  if (tasks <= 0) return;
  const auto team = static_cast<int>(
      omp_in_parallel() != 0 ? 1 : std::min(workers, workers_for(tasks)));
  if (team <= 1) {
    Share all{.last = tasks};
    return body(context, 0, Tasks(&all, 1, 0));
  }
  std::array<Share, kMostShares> shares;
  for (int i = 0; i < team; ++i) {
    Share& share = shares[static_cast<std::size_t>(i)];
    share.next.store(tasks * i / team, std::memory_order_relaxed);
    share.last = tasks * (i + 1) / team;
  }
  const Work work{
      .shares = shares.data(), .count = team, .body = body, .context = context};
  begun.fetch_add(1, std::memory_order_release);
  run_team(&work);
  ended.load(std::memory_order_acquire);
}

}  // namespace internal

// A thread that the system holds up keeps nobody waiting for more than a task.
std::optional<std::int64_t> Tasks::next() {
  for (; finished_ < count_; ++finished_) {
    internal::Share& share = shares_[(own_ + finished_) % count_];
    if (share.next.load(std::memory_order_relaxed) >= share.last) continue;
    const std::int64_t task =
        share.next.fetch_add(1, std::memory_order_relaxed);
    if (task < share.last) return task;
  }
  return std::nullopt;
}

std::int64_t workers_for(std::int64_t tasks) {
  return std::min<std::int64_t>(
      {tasks, internal::kMostShares, omp_get_max_threads()});
}

}  // namespace lathe
