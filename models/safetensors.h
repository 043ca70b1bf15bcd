#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/tensor.h"

namespace lathe::models {

/// A file of tensors by name (github.com/huggingface/safetensors): the length
/// of a header, 8 bytes, the header, which is JSON, and the numbers, all
/// little-endian.
class SafetensorsReader {
 public:
  /// `source` names the file in errors. Throws Error unless the header is
  /// whole and says of each byte after it which tensor's it is.
  SafetensorsReader(std::string bytes, std::string source);

  /// Sorted.
  std::vector<std::string> names() const;
  /// The extents of one of them.
  const Shape& shape(const std::string& name) const;
  /// Reads one of the tensor's shape; throws Error unless the types are the
  /// same, or those of a count, which Keras has in 32 bits and lathe in 64,
  /// and for NaN and infinities.
  void read(const std::string& name, const Tensor& tensor) const;

 private:
  struct Entry {
    std::string dtype;
    Shape shape;
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  std::string bytes_;
  std::string source_;
  std::map<std::string, Entry> entries_;
};

/// A tensor of such a file.
struct NamedTensor {
  std::string name;
  /// Shares its memory with whoever made it.
  Tensor tensor;
};

/// The bytes of such a file of float32 and int64 tensors.
std::string make_safetensors(std::vector<NamedTensor> tensors);

}  // namespace lathe::models
