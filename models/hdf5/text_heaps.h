#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "models/hdf5/file.h"

namespace lathe::models::hdf5 {

/// Where a text of variable length lies, as the file has it in its place.
struct TextReference {
  /// In bytes.
  std::uint32_t length = 0;
  /// Where its heap begins, an address.
  std::uint64_t heap = 0;
  /// Its number in that heap.
  std::uint32_t object = 0;
};

/// The texts of variable length of an HDF5 file, which lie in its heaps (global
/// heap collections, section III.E of the format's specification).
class TextHeaps {
 public:
  /// Throws Error where a heap claims more than it has.
  explicit TextHeaps(const File& file);

  /// Throws Error where no heap has that text. One of no letters needs none.
  std::string text(const TextReference& reference) const;

 private:
  void add_heap(const File& file, std::uint64_t start);

  std::string source_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> objects_;
};

}  // namespace lathe::models::hdf5
