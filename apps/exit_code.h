#pragma once

namespace lathe::apps {

/// What every app returns to the shell.
struct ExitCode {
  static constexpr int done = 0;
  static constexpr int failed = 1;
  static constexpr int wrong_usage = 2;
  static constexpr int interrupted = 130;
};

}  // namespace lathe::apps
