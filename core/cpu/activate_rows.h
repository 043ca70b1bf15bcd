#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/graph/operations/activation.h"

namespace lathe::cpu {

/// Applies an activation to `count` elements, by the calling thread: to =
/// f(from), which may be the same memory.
using Activate = void (*)(const void* from, void* to, std::int64_t count);

/// For elements of that type, float32 or bfloat16.
Activate activate_rows(graph::ActivationKind kind, DType dtype);

}  // namespace lathe::cpu
