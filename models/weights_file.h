#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/tensor.h"
#include "models/hdf5/dataset.h"
#include "models/hdf5/file.h"
#include "models/hdf5/text_heaps.h"

namespace lathe::models {

/// An HDF5 file in memory that is being read: model.weights.h5 of a .keras.
class WeightsReader {
 public:
  /// `source` names the file in errors. Throws Error if the bytes are not a
  /// whole HDF5 file.
  WeightsReader(std::string bytes, std::string source);
  WeightsReader(const WeightsReader&) = delete;
  WeightsReader& operator=(const WeightsReader&) = delete;

  const std::string& source() const { return file_.source(); }
  /// Whether there is a group or dataset of this path, such as
  /// "layers/conv2d/vars". What is linked by a name elsewhere is not there.
  bool has(const std::string& path) const;
  /// The names of what a group holds, sorted; none where there is no such
  /// group.
  std::vector<std::string> names(const std::string& group) const;
  /// Keeps in `seen` where in the file a group lies; throws Error if it has
  /// been there by another name: a group within itself would have no end.
  void expect_new(const std::string& group,
                  std::set<std::uint64_t>& seen) const;
  /// An attribute of a group: one text or several; none where there is no such
  /// group ("" is the file's own) or attribute.
  std::vector<std::string> texts(const std::string& group,
                                 const std::string& attribute) const;
  /// The extents of a dataset; throws Error if it is missing, not numeric, or
  /// lies outside the file.
  Shape shape(const std::string& dataset) const;
  /// Reads a dataset of the tensor's shape, changed to its type; throws Error
  /// as shape() does, if the shapes differ, for numbers that the type cannot
  /// hold, and for NaN and infinities.
  void read(const std::string& dataset, const Tensor& tensor) const;

 private:
  /// The address of what has that path.
  std::optional<std::uint64_t> find(const std::string& path) const;
  hdf5::Dataset open(const std::string& path) const;

  std::string bytes_;
  hdf5::File file_;
  hdf5::TextHeaps heaps_;
};

/// An HDF5 file in memory that is being written. The same calls give the same
/// bytes.
class WeightsWriter {
 public:
  WeightsWriter();
  ~WeightsWriter();
  WeightsWriter(const WeightsWriter&) = delete;
  WeightsWriter& operator=(const WeightsWriter&) = delete;

  /// Makes a group, those above it where needed, and gives it the attribute
  /// "name" as Keras does.
  void make_group(const std::string& path, const std::string& name);
  /// Writes a tensor as a dataset of an existing group, in its own type.
  void write(const std::string& dataset, const Tensor& tensor);
  /// The whole file; nothing can be written afterwards.
  std::string finish();

 private:
  std::int64_t file_ = -1;
};

}  // namespace lathe::models
