#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "models/hdf5/file.h"

namespace lathe::models::hdf5 {

/// A B-tree of version 1 (section III.A.1 of the format's specification).
struct BTree {
  /// 0 of a group's links, 1 of a dataset's pieces.
  std::uint64_t type = 0;
  /// Of the key before each child.
  std::uint64_t key_bytes = 8;
  /// Of the highest node.
  std::uint64_t address = 0;
};

/// Calls for each child of the lowest nodes, with the key before it and its
/// address. `name` names in errors what the tree is of. Throws Error where a
/// node is none of that tree, or the nodes have more bytes than the file.
void for_each_child(
    const File& file, const BTree& tree, const std::string& name,
    const std::function<void(std::string_view key, std::uint64_t child)>& call);

}  // namespace lathe::models::hdf5
