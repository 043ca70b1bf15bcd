#pragma once

#include <atomic>

namespace lathe::apps {

/// Becomes true on Ctrl-C and SIGTERM, once watch_interrupts() was called. A
/// second Ctrl-C ends the program at once.
const std::atomic<bool>& interrupted();
void watch_interrupts();

}  // namespace lathe::apps
