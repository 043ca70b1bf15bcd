#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/hdf5/file.h"

namespace lathe::models::hdf5 {

/// One of the messages that say what a group or dataset is.
struct HeaderMessage {
  /// A number of section IV.A.2 of the format's specification.
  std::uint64_t type = 0;
  /// Whether the body says where else in the file it is.
  bool is_shared = false;
  /// What follows its type and length.
  std::string_view body;
};

/// The address of what a file has not.
inline constexpr std::uint64_t kNowhere = ~std::uint64_t{0};

/// What errors advise where a file is written in ways that are not read.
inline constexpr std::string_view kHowToBeRead =
    "h5py writes what lathe reads with libver='earliest', its default";

/// The messages of the header (of version 1 or 2, section IV.A.1) at an
/// address. `name` names the object in errors. Throws Error where the header
/// claims more than the file has.
std::vector<HeaderMessage> header_messages(const File& file,
                                           std::uint64_t address,
                                           const std::string& name);

/// Throws Error if a message about links or attributes says that they lie in a
/// tree, which is not read. `count_bytes` is how long the number is that may
/// come before; `what` names them in errors.
void expect_no_tree(ByteReader information, std::uint64_t count_bytes,
                    std::string_view what);

}  // namespace lathe::models::hdf5
