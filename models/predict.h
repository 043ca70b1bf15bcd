#pragma once

#include <cstdint>

#include "core/device.h"
#include "core/precision.h"

namespace lathe::models {

struct PredictOptions {
  std::int64_t batch_size = 16;
  Device device = Device::cpu;
  Precision precision = Precision::fp32;
};

}  // namespace lathe::models
