#include "apps/exit_code.h"

#include <cstdio>
#include <exception>
#include <iostream>
#include <new>

namespace lathe::apps {

int run_or_explain(const std::function<int()>& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    std::fflush(stdout);
    std::cerr << "memory ran out; a smaller batch or image size needs less\n";
    return ExitCode::failed;
  } catch (const std::exception& error) {
    std::fflush(stdout);
    std::cerr << error.what() << '\n';
    return ExitCode::failed;
  }
}

}  // namespace lathe::apps
