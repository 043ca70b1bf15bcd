#include "core/cpu/target.h"

#include <hwy/targets.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>
#include <oneapi/dnnl/dnnl.hpp>

#include "core/cpu/amx_tiles.h"

namespace lathe::cpu {

std::string processor_info(std::string_view field) {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || !line.starts_with(field)) continue;
    // "model" is the beginning of "model name", too.
    if (line.find_first_not_of(" \t", field.size()) != colon) continue;
    return line.substr(std::min(colon + 2, line.size()));
  }
  return "unknown";
}

std::string vector_target() {
  // The best has the lowest bit.
  const std::int64_t there = hwy::SupportedTargets() & HWY_TARGETS;
  return hwy::TargetName(there & -there);
}

bool has_avx512() {
  const dnnl::cpu_isa isa = dnnl::get_effective_cpu_isa();
  return isa == dnnl::cpu_isa::avx512_core ||
         isa == dnnl::cpu_isa::avx512_core_vnni || has_bfloat16_instructions();
}

bool has_bfloat16_instructions() {
  const dnnl::cpu_isa isa = dnnl::get_effective_cpu_isa();
  return isa == dnnl::cpu_isa::avx512_core_bf16 ||
         isa == dnnl::cpu_isa::avx512_core_amx;
}

// Tiles are a state that Linux gives a process that asks for it.
bool has_tiles() {
#ifdef LATHE_AMX
  static const bool has = [] {
    if (dnnl::get_effective_cpu_isa() != dnnl::cpu_isa::avx512_core_amx) {
      return false;
    }
    constexpr int kRequest = 0x1023;  // ARCH_REQ_XCOMP_PERM
    constexpr int kTileData = 18;
    return syscall(SYS_arch_prctl, kRequest, kTileData) == 0;
  }();
  return has;
#else
  return false;
#endif
}

}  // namespace lathe::cpu
