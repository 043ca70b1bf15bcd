#pragma once

#include <string>

namespace lathe::cpu {

/// Highway's name of the processor's vectors that own kernels are chosen for:
/// "AVX3", "AVX2", "NEON".
std::string vector_target();

}  // namespace lathe::cpu
