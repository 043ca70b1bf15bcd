#pragma once

#include <cstdint>
#include <functional>

#include "core/device.h"
#include "core/precision.h"

namespace lathe {
class Executable;
}

namespace lathe::models {

struct PredictOptions {
  std::int64_t batch_size = 16;
  Device device = Device::cpu;
  Precision precision = Precision::fp32;
  /// Runs what was compiled, in place of Executable::run(), for who measures.
  std::function<void(Executable&)> run = {};
};

}  // namespace lathe::models
