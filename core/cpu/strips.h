#pragma once

#include <algorithm>
#include <cstdint>

#include "core/parallel.h"

namespace lathe::cpu {

/// How many rows of an image a task takes, where what lies between two tasks is
/// computed twice: `rows` of each of `batch` images make a few tasks a thread.
inline std::int64_t strip_for(std::int64_t rows, std::int64_t batch) {
  constexpr std::int64_t kTasks = 4;
  constexpr std::int64_t kLeast = 8;
  const std::int64_t tasks = (kTasks * thread_count() + batch - 1) / batch;
  return std::min(std::max((rows + tasks - 1) / tasks, kLeast), rows);
}

}  // namespace lathe::cpu
