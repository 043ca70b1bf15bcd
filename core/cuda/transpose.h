#pragma once

#include "core/kernel.h"

namespace lathe::cuda {

/// Writes the transpose of a (rows, columns) matrix of float32 elsewhere.
void transpose(const KernelArguments& call, std::int64_t rows,
               std::int64_t columns, const float* from, float* to);

}  // namespace lathe::cuda
