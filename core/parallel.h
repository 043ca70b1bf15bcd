#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <type_traits>

namespace lathe {

/// Threads that compute what the calling thread asks for, oneDNN's work too.
int thread_count();
void set_thread_count(int count);

class Tasks;

namespace internal {
struct Share;
using Body = void (*)(void* context, std::int64_t worker, Tasks tasks);
void run_tasks(std::int64_t tasks, std::int64_t workers, Body body,
               void* context);
}  // namespace internal

/// What a thread does of some tasks: an even share in order, and then what
/// others have left of theirs.
class Tasks {
 public:
  /// For the thread whose own share is number `own` of `count`.
  Tasks(internal::Share* shares, int count, int own)
      : shares_(shares), count_(count), own_(own) {}

  /// The next task, which no other thread is given; nothing if all are.
  std::optional<std::int64_t> next();

 private:
  internal::Share* shares_;
  int count_;
  int own_;
  int finished_ = 0;  // shares, counted from its own
};

/// How many workers parallel_workers has for so many tasks at most.
std::int64_t workers_for(std::int64_t tasks);

/// Calls body(worker, tasks) on up to `workers` threads, which together do all
/// of [0, tasks), each with a number of its own below `workers`: for tasks that
/// need memory to work in. A body must not throw. What is computed must not
/// depend on which thread runs a task, so results don't depend on the number of
/// threads.
template <class F>
void parallel_workers(std::int64_t tasks, std::int64_t workers, F&& body) {
  using Function = std::remove_reference_t<F>;
  internal::run_tasks(
      tasks, workers,
      [](void* context, std::int64_t worker, Tasks mine) {
        (*static_cast<Function*>(context))(worker, mine);
      },
      const_cast<void*>(static_cast<const void*>(&body)));
}

/// Calls body(task) for every task in [0, tasks), as parallel_workers does.
template <class F>
void parallel_tasks(std::int64_t tasks, F&& body) {
  parallel_workers(tasks, tasks, [&](std::int64_t, Tasks mine) {
    while (const auto task = mine.next()) body(*task);
  });
}

/// Calls body(begin, end) on consecutive pieces of [0, count), each of at
/// least `grain` elements (but the last). The pieces don't depend on the number
/// of threads.
template <class F>
void parallel_ranges(std::int64_t count, std::int64_t grain, F&& body) {
  constexpr std::int64_t kMaximumPieces = 64;
  if (count <= 0) return;
  const std::int64_t piece =
      std::max(grain, (count + kMaximumPieces - 1) / kMaximumPieces);
  parallel_tasks((count + piece - 1) / piece, [&](std::int64_t task) {
    body(task * piece, std::min(count, (task + 1) * piece));
  });
}

}  // namespace lathe
