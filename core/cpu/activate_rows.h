#pragma once

#include <cstdint>

#include "core/graph/operations/activation.h"

namespace lathe::cpu {

/// Applies an activation to `count` floats, by the calling thread: to =
/// f(from), which may be the same memory.
using Activate = void (*)(const float* from, float* to, std::int64_t count);

Activate activate_rows(graph::ActivationKind kind);

}  // namespace lathe::cpu
