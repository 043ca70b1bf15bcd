#pragma once

#include <cstddef>
#include <memory>

namespace lathe {

/// Memory of the host for what is large, in large pages where there are some:
/// of the usual ones a step meets more than a processor remembers the places
/// of. It is touched at once, so that nobody pays for page faults later, and
/// the system has it back as soon as it is let go. Null for 0 bytes; throws
/// Error, naming `operation`, where there is none.
std::shared_ptr<void> large_pages(const char* operation, std::size_t bytes);

}  // namespace lathe
