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
namespace {

// libgomp's barriers are invisible to ThreadSanitizer; these two counters say
// the same in words it understands, and cost nothing beside a barrier.
std::atomic<std::int64_t> begun{0};
std::atomic<std::int64_t> ended{0};

// A thread's tasks: those from `next` on are anybody's.
struct alignas(64) Share {
  std::atomic<std::int64_t> next{0};
  std::int64_t last = 0;
};
constexpr int kMostShares = 128;

struct Work {
  std::array<Share, kMostShares>& shares;
  int count;
  Body body;
  void* context;
};

// The thread's own share in order, then what is left of others': a thread that
// the system holds up keeps nobody waiting for more than a task.
void run_share(const Work& work, int thread) {
  begun.load(std::memory_order_acquire);
  for (int i = 0; i < work.count; ++i) {
    Share& share =
        work.shares[static_cast<std::size_t>((thread + i) % work.count)];
    while (share.next.load(std::memory_order_relaxed) < share.last) {
      const std::int64_t task =
          share.next.fetch_add(1, std::memory_order_relaxed);
      if (task < share.last) work.body(work.context, task);
    }
  }
  ended.fetch_add(1, std::memory_order_release);
}

#if defined(__SANITIZE_THREAD__)
__attribute__((no_sanitize("thread")))
#endif
void run_team(const Work* work, int team) {
#pragma omp parallel num_threads(team)
  run_share(*work, omp_get_thread_num());
}

}  // namespace

void run_tasks(std::int64_t tasks, Body body, void* context) {
  const auto team =
      std::min({static_cast<int>(std::min<std::int64_t>(tasks, kMostShares)),
                omp_get_max_threads()});
  if (team <= 1 || omp_in_parallel() != 0) {
    for (std::int64_t task = 0; task < tasks; ++task) body(context, task);
    return;
  }
  std::array<Share, kMostShares> shares;
  for (int i = 0; i < team; ++i) {
    Share& share = shares[static_cast<std::size_t>(i)];
    share.next.store(tasks * i / team, std::memory_order_relaxed);
    share.last = tasks * (i + 1) / team;
  }
  const Work work{
      .shares = shares, .count = team, .body = body, .context = context};
  begun.fetch_add(1, std::memory_order_release);
  run_team(&work, team);
  ended.load(std::memory_order_acquire);
}

}  // namespace internal
}  // namespace lathe
