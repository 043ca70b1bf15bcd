#pragma once

#include "core/kernel.h"

namespace lathe::cuda {

/// Writes the transpose of a (rows, columns) matrix elsewhere, from float to
/// float or from BFloat16 to either.
template <class From, class To>
void transpose(const KernelArguments& call, std::int64_t rows,
               std::int64_t columns, const From* from, To* to);

}  // namespace lathe::cuda
