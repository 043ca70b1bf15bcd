#pragma once

#include <cstdint>

#include "core/shape.h"
#include "models/hdf5/byte_reader.h"

namespace lathe::models::hdf5 {

/// The extents that a dataspace message (section IV.A.2.b of the format's
/// specification) has. Throws Error if they are of more than `most` values, or
/// of none at all ("null").
Shape extents_of(ByteReader dataspace, std::uint64_t most);

}  // namespace lathe::models::hdf5
