#pragma once

#include <cstdlib>

#include "core/device.h"

namespace lathe::testing {

/// Where models are compared with Keras': on the CPU, or where the
/// environment's LATHE_TEST_DEVICE says.
inline Device device() {
  const char* const text = std::getenv("LATHE_TEST_DEVICE");
  return device_from(text == nullptr ? "cpu" : text);
}

}  // namespace lathe::testing
