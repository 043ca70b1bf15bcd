#include "core/compiler/backend.h"

#include "core/cpu/kernels.h"
#include "core/cuda/backend.h"
#include "core/error.h"
#include "core/reference/kernels.h"

namespace lathe {

Kernel make_kernel(Device device, const graph::Operation& operation,
                   const Signature& signature) {
  switch (device) {
    case Device::reference:
      return reference::make_kernel(operation, signature);
    case Device::cpu:
      return cpu::make_kernel(operation, signature);
    case Device::cuda:
      return cuda::make_kernel(operation, signature);
  }
  fail(graph::name_of(operation), ": unknown device");
}

}  // namespace lathe
