#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "core/compiler/executable.h"

namespace lathe::train {

using Clock = std::chrono::steady_clock;

/// From when to when something was done; empty where it was not.
struct Span {
  Clock::time_point start;
  Clock::time_point end;

  bool empty() const { return start == end; }
  double milliseconds() const {
    return std::chrono::duration<double, std::milli>(end - start).count();
  }
};

/// Where the time of a training step went. Nodes, and with them `step` and
/// `run`, are there where they were measured.
struct StepTimes {
  std::int64_t number = 0;  ///< as the optimizer counts, from 1
  Span step;
  Span waiting;  ///< for the batch
  Span augmentation;
  Span run;  ///< of the compiled step
  std::vector<NodeTime> nodes;
};

}  // namespace lathe::train
