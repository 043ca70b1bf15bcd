#pragma once

#include <cstdint>
#include <filesystem>

#include "core/tensor.h"

namespace lathe::train {

/// Reads an IDX file of unsigned bytes, plain or compressed by gzip: the magic
/// number 00 00 08 and the number of extents, these as 4 bytes each, the most
/// significant first, and the bytes (LeCun et al., "The MNIST database").
/// Throws Error naming the file where it is none, has another number of extents
/// than `rank`, is damaged, or holds more or fewer bytes than it claims; at
/// most 2^32 are read.
Tensor read_idx(const std::filesystem::path& path, std::int64_t rank);

}  // namespace lathe::train
