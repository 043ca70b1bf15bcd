#pragma once

#include <cstdint>

#include "core/device.h"

namespace lathe::models {

struct PredictOptions {
  std::int64_t batch_size = 16;
  Device device = Device::cpu;
};

}  // namespace lathe::models
