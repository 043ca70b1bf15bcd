#include "models/hdf5/file.h"

#include <algorithm>

namespace lathe::models::hdf5 {
namespace {

constexpr std::string_view kFileSignature = "\x89HDF\r\n\x1a\n";

/// Where the superblock begins: at the first byte, or after a block of 512
/// bytes, 1024, 2048 and so on.
std::size_t superblock_of(std::string_view bytes) {
  for (std::size_t place = 0; place < bytes.size();
       place = std::max<std::size_t>(512, 2 * place)) {
    if (bytes.substr(place).starts_with(kFileSignature)) return place;
  }
  return std::string_view::npos;
}

}  // namespace

File::File(std::string_view bytes, std::string source)
    : source_(std::move(source)) {
  const std::size_t begin = superblock_of(bytes);
  if (begin == std::string_view::npos) {
    fail(source_, " is not a whole HDF5 file");
  }
  ByteReader superblock(bytes.substr(begin), source_);
  superblock.signature(kFileSignature);
  const std::uint64_t version = superblock.number(1);
  if (version > 3) {
    fail(source_, ": HDF5 superblocks of version ", version,
         " are not known; expected 0 to 3");
  }
  if (version < 2) superblock.bytes(4);  // versions of parts
  const std::uint64_t address_bytes = superblock.number(1);
  const std::uint64_t length_bytes = superblock.number(1);
  if (address_bytes != 8 || length_bytes != 8) {
    fail(source_, ": HDF5 addresses and lengths need 8 bytes each");
  }
  superblock.bytes(version < 2 ? 9 + (version == 1 ? 4 : 0) : 1);
  const std::uint64_t base = superblock.number(8);
  superblock.bytes(8);  // free space, or an extension
  const std::uint64_t end = superblock.number(8);
  // The old ones have a driver's information and the name of the root.
  if (version < 2) superblock.bytes(16);
  root_ = superblock.number(8);
  bytes_ = bytes.substr(std::min<std::uint64_t>(base, bytes.size()));
  if (end > bytes.size()) fail(source_, " is not a whole HDF5 file");
}

ByteReader File::at(std::uint64_t address, const std::string& name) const {
  const std::uint64_t begin = std::min<std::uint64_t>(address, bytes_.size());
  return {bytes_.substr(begin), concat(source_, ": ", name)};
}

}  // namespace lathe::models::hdf5
