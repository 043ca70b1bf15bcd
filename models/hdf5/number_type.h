#pragma once

#include <cstdint>

#include "core/tensor.h"
#include "models/hdf5/byte_reader.h"

namespace lathe::models::hdf5 {

/// How the numbers of a dataset are written: integers of 1, 2, 4 or 8 bytes,
/// or IEEE 754's of 2, 4 or 8.
class NumberType {
 public:
  /// From a datatype message (section IV.A.2.d of the format's specification);
  /// throws Error if it is of something else.
  explicit NumberType(ByteReader datatype);

  /// Of one number.
  std::uint64_t bytes() const { return bytes_; }
  /// Changes as many numbers to the tensor's type as it has elements; throws
  /// Error, beginning with `name`, where it cannot hold one.
  void read(std::string_view numbers, const Tensor& tensor,
            const std::string& name) const;

 private:
  double value(const char* number) const;

  std::uint64_t bytes_ = 0;
  bool is_floating_ = false;
  bool is_signed_ = false;
  bool is_big_endian_ = false;
};

}  // namespace lathe::models::hdf5
