#include "core/device.h"

#include "core/cuda/backend.h"
#include "core/error.h"

namespace lathe {

std::string_view name_of(Device device) {
  switch (device) {
    case Device::reference:
      return "reference";
    case Device::cpu:
      return "cpu";
    case Device::cuda:
      return "cuda";
  }
  return "unknown";
}

Device device_from(std::string_view text) {
  if (text == "auto") return cuda::has_device() ? Device::cuda : Device::cpu;
  if (text == "cpu") return Device::cpu;
  if (text == "reference") return Device::reference;
  if (text == "cuda") {
    cuda::require_device();
    return Device::cuda;
  }
  fail("device: '", text, "' is none of auto, cpu, cuda, reference");
}

}  // namespace lathe
