#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

namespace lathe {

/// Threads that compute what the calling thread asks for, oneDNN's work too.
int thread_count();
void set_thread_count(int count);

namespace internal {
using Body = void (*)(void* context, std::int64_t task);
void run_tasks(std::int64_t tasks, Body body, void* context);
}  // namespace internal

/// Calls body(task) for every task in [0, tasks): each thread does an even
/// share in order, and then what others have left of theirs. A body must not
/// throw. What is computed must not depend on which thread runs a task, so
/// results don't depend on the number of threads.
template <class F>
void parallel_tasks(std::int64_t tasks, F&& body) {
  using Function = std::remove_reference_t<F>;
  internal::run_tasks(
      tasks,
      [](void* context, std::int64_t task) {
        (*static_cast<Function*>(context))(task);
      },
      const_cast<void*>(static_cast<const void*>(&body)));
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
