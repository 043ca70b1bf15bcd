#pragma once

#include <string_view>

namespace lathe {

/// Where a computation runs. `reference` is the specification: slow, readable,
/// in double where the values are; it is never chosen by itself.
enum class Device { reference, cpu, cuda };

std::string_view name_of(Device device);

/// "cpu", "cuda" or "reference", or "auto": a GPU where there is one, else the
/// CPU. Throws Error for other texts, and for a device that is not there.
Device device_from(std::string_view text);

}  // namespace lathe
