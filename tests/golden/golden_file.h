#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/tensor.h"

namespace lathe::testing {

/// One of the HDF5 files in tests/golden: what Keras computed, written by the
/// Python generator of the same name beside it.
class GoldenFile {
 public:
  /// Opens tests/golden/<name>, such as "augmentation.h5".
  explicit GoldenFile(const std::string& name);
  ~GoldenFile();
  GoldenFile(const GoldenFile&) = delete;
  GoldenFile& operator=(const GoldenFile&) = delete;

  /// A dataset by its path, such as "rotation/output", in its own type and
  /// extents; throws if it is missing or of a type that a Tensor can't hold.
  Tensor read(const std::string& dataset) const;
  /// The same of a dataset of bytes that are a text.
  std::string text(const std::string& dataset) const;
  /// Whether there is a dataset or group of this path.
  bool has(const std::string& path) const;
  /// The names of what a group holds, sorted; "/" is the whole file.
  std::vector<std::string> names(const std::string& group = "/") const;

 private:
  std::string path_;
  std::int64_t file_ = -1;
};

}  // namespace lathe::testing
