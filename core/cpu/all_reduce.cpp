#include "core/cpu/kernels.h"
#include "core/reference/kernels.h"

// What the network takes its time for is the same everywhere.
namespace lathe::cpu {

Kernel make(const graph::StartAllReduce& operation,
            const Signature& signature) {
  return reference::make(operation, signature);
}

Kernel make(const graph::WaitAllReduce& operation, const Signature& signature) {
  return reference::make(operation, signature);
}

Kernel make(const graph::TargetShare& operation, const Signature& signature) {
  return reference::make(operation, signature);
}

}  // namespace lathe::cpu
