#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/shape.h"
#include "models/hdf5/file.h"
#include "models/hdf5/filters.h"

namespace lathe::models::hdf5 {

/// How a dataset is divided into pieces of one size, which a tree leads to.
struct Chunks {
  /// The address of the tree.
  std::uint64_t tree = 0;
  /// Of a piece, as many as the dataset has.
  std::vector<std::uint64_t> sides;
  /// Of one value.
  std::uint64_t value_bytes = 0;
  std::vector<Filter> filters;
};

/// The values of a dataset, row by row. Throws Error where pieces are missing,
/// or have more bytes than the file can hold.
std::string joined(const File& file, const Chunks& chunks, const Shape& shape,
                   const std::string& name);

}  // namespace lathe::models::hdf5
