#include "core/cpu/amx_tiles.h"

#ifdef LATHE_AMX
#include <sys/syscall.h>
#include <unistd.h>

#include <oneapi/dnnl/dnnl.hpp>

namespace lathe::cpu {

// Tiles are a state that Linux gives a process that asks for it.
bool has_tiles() {
  static const bool has = [] {
    if (dnnl::get_effective_cpu_isa() != dnnl::cpu_isa::avx512_core_amx) {
      return false;
    }
    constexpr int kRequest = 0x1023;  // ARCH_REQ_XCOMP_PERM
    constexpr int kTileData = 18;
    return syscall(SYS_arch_prctl, kRequest, kTileData) == 0;
  }();
  return has;
}

namespace {

// To GCC 12's own functions these would be 8 bytes.
void load(const TileShapes& shapes) {
  asm volatile("ldtilecfg %0" : : "m"(shapes) : "memory");
}

TileShapes stored() {
  TileShapes shapes;
  asm volatile("sttilecfg %0" : "=m"(shapes));
  return shapes;
}

}  // namespace

WithTiles::WithTiles(const TileShapes& shapes) : before_(stored()) {
  load(shapes);
}

WithTiles::~WithTiles() {
  if (before_.empty()) {
    asm volatile("tilerelease");
  } else {
    load(before_);
  }
}

}  // namespace lathe::cpu

#endif
