#include "apps/processes.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <thread>

#include "apps/exit_code.h"
#include "apps/interrupt.h"
#include "core/communication/mpi.h"
#include "core/error.h"
#include "core/parallel.h"

namespace lathe::apps {
namespace {

std::shared_ptr<Communicator> joined;

void join() {
  joined = start_mpi();
  if (joined->size() == 1) {
    joined.reset();
    return;
  }
  const auto cores = static_cast<int>(std::thread::hardware_concurrency());
  set_thread_count(std::clamp(cores / joined->local_size(), 1, thread_count()));
  if (!is_first_process() &&
      std::freopen("/dev/null", "w", stdout) == nullptr) {
    fail("can't write to /dev/null");
  }
}

// What is wrong everywhere is said by the first process, which ends the others
// before they say it too.
void end_all(const std::exception& error) {
  const int rank = joined->rank();
  if (rank > 0) {
    // mpirun ends them within a second, but for a machine that is busy.
    std::this_thread::sleep_for(
        std::chrono::milliseconds(3000 + 20 * std::min(rank, 50)));
  }
  if (rank == 0 || !interrupted()) {
    std::fflush(stdout);
    std::cerr << (rank > 0 ? concat("process ", rank, ": ") : std::string())
              << error.what() << std::endl;
  }
  joined->abort(ExitCode::failed);
}

}  // namespace

const std::shared_ptr<Communicator>& processes() {
  return joined;
}

bool is_first_process() {
  return !joined || joined->rank() == 0;
}

int run_together(const std::function<int()>& work) {
  return run_or_explain([&] {
    if (started_processes() > 1) join();
    int code = ExitCode::failed;
    try {
      code = work();
    } catch (const std::exception& error) {
      if (!joined) throw;
      end_all(error);
    }
    joined.reset();
    return code;
  });
}

}  // namespace lathe::apps
