#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace lathe::image {

/// Memory of undefined contents for what doesn't outlive a call: the calling
/// thread's, and its again at its next call. Taking it from the system for
/// every picture costs more than some pictures do.
std::span<std::uint8_t> scratch(std::size_t bytes);

}  // namespace lathe::image
