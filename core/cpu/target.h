#pragma once

#include <string>
#include <string_view>

namespace lathe::cpu {

/// What the system says of the processor: its "model name", its "cpu family";
/// "unknown" where it says nothing.
std::string processor_info(std::string_view field);

/// Highway's name of the processor's vectors that own kernels are chosen for:
/// "AVX3", "AVX2", "NEON".
std::string vector_target();

/// Whether oneDNN computes with AVX-512.
bool has_avx512();

/// Whether the processor multiplies bfloat16 (AVX-512 with its instructions for
/// that), so that kernels take it as it is. Else they compute with it through
/// float32.
bool has_bfloat16_instructions();

/// Whether the processor has tiles (AMX, amx_tiles.h), the system lets this
/// process use them, and this build can.
bool has_tiles();

}  // namespace lathe::cpu
