#include "models/hdf5/dataspace.h"

namespace lathe::models::hdf5 {

Shape extents_of(ByteReader dataspace, std::uint64_t most) {
  constexpr std::uint64_t kNull = 2;
  const std::uint64_t version = dataspace.number(1);
  const std::uint64_t rank = dataspace.number(1);
  dataspace.bytes(1);  // flags
  const std::uint64_t type = dataspace.number(1);
  if (version == 1) dataspace.bytes(4);
  if (version > 1 && type == kNull) fail(dataspace.name(), " has no values");
  std::vector<std::int64_t> extents;
  std::uint64_t room = most;
  for (std::uint64_t i = 0; i < rank; ++i) {
    const std::uint64_t extent = dataspace.number(8);
    if (extent > room) {
      fail(dataspace.name(), " claims more values than the ", most,
           " that its bytes can hold");
    }
    if (extent > 0) room /= extent;
    extents.push_back(static_cast<std::int64_t>(extent));
  }
  return Shape(std::move(extents));
}

}  // namespace lathe::models::hdf5
