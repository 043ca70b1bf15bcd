#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace lathe::models {

/// Where the text of an attribute of variable length lies, as the file has it.
struct TextReference {
  /// In bytes.
  std::uint32_t length = 0;
  /// Where in the file its heap begins.
  std::uint64_t heap = 0;
  /// Its number in that heap.
  std::uint32_t object = 0;
};

/// The texts of variable length of an HDF5 file, which lie in its heaps (global
/// heap collections, section III.E of its format's specification). HDF5 1.10
/// follows damaged heaps without end, and references to what they don't have
/// beyond its memory.
class TextHeaps {
 public:
  /// Throws Error where a heap has an object that ends beyond it or nowhere.
  /// `source` names the file in errors.
  TextHeaps(std::string_view file, std::string source);

  /// Throws Error where no heap has that text. One of no letters needs none.
  std::string text(const TextReference& reference) const;

 private:
  void add_heap(std::string_view file, std::uint64_t start);

  std::string source_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> objects_;
};

}  // namespace lathe::models
