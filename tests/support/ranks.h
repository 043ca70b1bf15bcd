#pragma once

#include <functional>
#include <memory>

#include "core/communication/communicator.h"

namespace lathe::testing {

/// Calls body(communicator) in a thread for each of so many ranks. Throws what
/// a rank threw; a body must not throw between two calls that others make too.
void run_ranks(
    int size,
    const std::function<void(const std::shared_ptr<Communicator>&)>& body);

}  // namespace lathe::testing
