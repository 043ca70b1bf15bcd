#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/hdf5/file.h"
#include "models/hdf5/object_header.h"

namespace lathe::models::hdf5 {

/// What a group has under a name: a group or dataset whose header is at that
/// address.
struct Link {
  std::string_view name;
  /// Of the header.
  std::uint64_t address = 0;
};

/// Whether these messages are of a group.
bool is_group(const std::vector<HeaderMessage>& messages);

/// The links of the group of these messages, without those to names, which
/// could be of any file of the machine. `name` names the group in errors.
/// Throws Error if it keeps them as only newer versions of HDF5 do when asked
/// to.
std::vector<Link> links(const File& file,
                        const std::vector<HeaderMessage>& messages,
                        const std::string& name);

}  // namespace lathe::models::hdf5
