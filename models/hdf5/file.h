#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "models/hdf5/byte_reader.h"

namespace lathe::models::hdf5 {

/// An HDF5 file in memory (sections II and III of its format's specification,
/// https://docs.hdfgroup.org/hdf5/develop/_f_m_t3.html), to whose bytes it and
/// what is read from it refer. Read by lathe itself, since HDF5 1.10 follows
/// damaged files without end and beyond its memory.
class File {
 public:
  /// `source` names the file in errors. Throws Error if the bytes are not a
  /// whole HDF5 file with addresses and lengths of 8 bytes.
  File(std::string_view bytes, std::string source);

  /// Its name in errors.
  const std::string& source() const { return source_; }
  /// From what addresses count from: the first byte, or that after a block of
  /// the user's.
  std::string_view bytes() const { return bytes_; }
  /// Where the header of the outermost group is.
  std::uint64_t root() const { return root_; }
  /// Reads from an address on, which may be any; `name` names in errors what is
  /// there.
  ByteReader at(std::uint64_t address, const std::string& name) const;

 private:
  std::string source_;
  std::string_view bytes_;
  std::uint64_t root_ = 0;
};

/// Counts what is read of something that lies in several parts of a file: in
/// all no more than the file has, which what leads to itself would exceed.
class Allowance {
 public:
  /// `name` names what is read in errors.
  Allowance(const File& file, std::string name)
      : name_(std::move(name)), left_(file.bytes().size()) {}
  /// Throws Error where the file does not have so many more.
  void take(std::uint64_t bytes) {
    if (bytes > left_) fail(name_, " is longer than the whole file");
    left_ -= bytes;
  }

 private:
  std::string name_;
  std::uint64_t left_;
};

}  // namespace lathe::models::hdf5
