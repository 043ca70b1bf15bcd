#pragma once

#include <functional>

namespace lathe::apps {

/// What every app returns to the shell.
struct ExitCode {
  static constexpr int done = 0;
  static constexpr int failed = 1;
  static constexpr int wrong_usage = 2;
  static constexpr int interrupted = 130;
};

/// What a program's work returns, or `failed` where it throws, which is
/// explained on standard error.
int run_or_explain(const std::function<int()>& work);

}  // namespace lathe::apps
