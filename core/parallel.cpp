#include "core/parallel.h"

#include <omp.h>

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

struct Work {
  std::int64_t tasks;
  Body body;
  void* context;
};

void run_share(const Work& work, int thread, int threads) {
  begun.load(std::memory_order_acquire);
  const std::int64_t first = work.tasks * thread / threads;
  const std::int64_t last = work.tasks * (thread + 1) / threads;
  for (std::int64_t task = first; task < last; ++task) {
    work.body(work.context, task);
  }
  ended.fetch_add(1, std::memory_order_release);
}

#if defined(__SANITIZE_THREAD__)
__attribute__((no_sanitize("thread")))
#endif
void run_team(const Work* work, int team) {
#pragma omp parallel num_threads(team)
  run_share(*work, omp_get_thread_num(), omp_get_num_threads());
}

}  // namespace

void run_tasks(std::int64_t tasks, Body body, void* context) {
  const auto team =
      static_cast<int>(std::min<std::int64_t>(tasks, omp_get_max_threads()));
  if (team <= 1 || omp_in_parallel() != 0) {
    for (std::int64_t task = 0; task < tasks; ++task) body(context, task);
    return;
  }
  const Work work{.tasks = tasks, .body = body, .context = context};
  begun.fetch_add(1, std::memory_order_release);
  run_team(&work, team);
  ended.load(std::memory_order_acquire);
}

}  // namespace internal
}  // namespace lathe
