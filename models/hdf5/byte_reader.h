#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "core/error.h"

namespace lathe::models::hdf5 {

/// Reads a part of a file from its first byte to its last; throws Error where
/// more is to be read than there is.
class ByteReader {
 public:
  /// `name` names the part in errors.
  ByteReader(std::string_view bytes, std::string name)
      : bytes_(bytes), name_(std::move(name)) {}

  const std::string& name() const { return name_; }
  std::uint64_t left() const { return bytes_.size(); }

  /// The next ones.
  std::string_view bytes(std::uint64_t length) {
    if (length > left()) {
      fail(name_, " claims ", length, " bytes more; it has ", left());
    }
    const std::string_view read = bytes_.substr(0, length);
    bytes_.remove_prefix(length);
    return read;
  }
  /// An unsigned one of up to 8 bytes, the least significant first.
  std::uint64_t number(std::uint64_t length) {
    std::uint64_t number = 0;
    unsigned shift = 0;
    for (const char byte : bytes(length)) {
      number |= std::uint64_t{static_cast<unsigned char>(byte)} << shift;
      shift += 8;
    }
    return number;
  }
  /// What such a part begins with; throws Error if it begins otherwise.
  void signature(std::string_view expected) {
    if (bytes(expected.size()) != expected) {
      fail(name_, " does not begin with ", expected);
    }
  }

 private:
  std::string_view bytes_;
  std::string name_;
};

/// Filled up to whole words, as older parts of HDF5 files are.
constexpr std::uint64_t whole_words(std::uint64_t length) {
  return length + (8 - length % 8) % 8;
}

}  // namespace lathe::models::hdf5
