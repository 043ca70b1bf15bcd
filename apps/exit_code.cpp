#include "apps/exit_code.h"

#include <cstdio>
#include <exception>
#include <iostream>

namespace lathe::apps {

int run_or_explain(const std::function<int()>& work) {
  try {
    return work();
  } catch (const std::exception& error) {
    std::fflush(stdout);
    std::cerr << error.what() << '\n';
    return ExitCode::failed;
  }
}

}  // namespace lathe::apps
