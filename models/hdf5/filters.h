#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/hdf5/byte_reader.h"

namespace lathe::models::hdf5 {

/// What pieces of a dataset are changed by before they are written, in that
/// order.
enum class Filter { deflate = 1, shuffle = 2, fletcher32 = 3 };

/// From a filter pipeline message (section IV.A.2.l of the format's
/// specification); throws Error for filters that are not known.
std::vector<Filter> filters_of(ByteReader pipeline);

/// A piece of a dataset before it was changed.
struct Piece {
  /// Of the whole piece.
  std::uint64_t bytes = 0;
  /// Of one value.
  std::uint64_t value_bytes = 0;
};

/// Undoes the filters but those whose bit is set in `skipped`. Throws Error,
/// beginning with `name`, where the piece has other bytes afterwards.
std::string unfilter(std::string_view stored,
                     const std::vector<Filter>& filters, std::uint64_t skipped,
                     const Piece& piece, const std::string& name);

}  // namespace lathe::models::hdf5
