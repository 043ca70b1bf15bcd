#include "apps/processes.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <thread>
#include <vector>

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
  set_thread_count(std::min(cores_of_rank(*joined), thread_count()));
  // CUDA reads it when it is first used, which is later.
  const std::string gpus =
      gpus_of(std::getenv("CUDA_VISIBLE_DEVICES"), joined->local_rank());
  setenv("CUDA_VISIBLE_DEVICES", gpus.c_str(), 1);
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

std::string gpus_of(const char* visible, int local_rank) {
  if (visible == nullptr) return std::to_string(local_rank);
  std::vector<std::string> names;
  std::istringstream list(visible);
  for (std::string name; std::getline(list, name, ',');) names.push_back(name);
  const auto own = static_cast<std::size_t>(local_rank);
  return names.size() > 1 && own < names.size() ? names[own] : visible;
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
