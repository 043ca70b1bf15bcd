#include "apps/interrupt.h"

#include <csignal>

namespace lathe::apps {
namespace {

std::atomic<bool> flag{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void note(int signal) {
  flag.store(true);
  std::signal(signal, SIG_DFL);
}

}  // namespace

const std::atomic<bool>& interrupted() {
  return flag;
}

void watch_interrupts() {
  std::signal(SIGINT, note);
  std::signal(SIGTERM, note);
}

}  // namespace lathe::apps
