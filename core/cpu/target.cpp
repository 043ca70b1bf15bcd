#include "core/cpu/target.h"

#include <hwy/targets.h>

namespace lathe::cpu {

std::string vector_target() {
  // The best has the lowest bit.
  const std::int64_t there = hwy::SupportedTargets() & HWY_TARGETS;
  return hwy::TargetName(there & -there);
}

}  // namespace lathe::cpu
