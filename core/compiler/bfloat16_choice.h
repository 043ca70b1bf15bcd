#pragma once

#include "core/compiler/executable.h"
#include "core/graph/passes/passes.h"

namespace lathe {

/// Which operations compute with bfloat16: on a GPU and in the reference all
/// that can, on the CPU those that are faster with it. None where the precision
/// is another.
graph::Bfloat16Choice bfloat16_choice(const CompileOptions& options);

}  // namespace lathe
