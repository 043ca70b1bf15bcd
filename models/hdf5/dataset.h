#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor.h"
#include "models/hdf5/chunks.h"
#include "models/hdf5/number_type.h"
#include "models/hdf5/object_header.h"

namespace lathe::models::hdf5 {

/// A dataset of numbers that are kept in the file itself: at once, in pieces
/// or in its header.
class Dataset {
 public:
  /// From the messages of its header. `name` names it in errors. Throws Error
  /// if they are of no such dataset, or of one that claims more than the file
  /// can hold.
  Dataset(const File& file, const std::vector<HeaderMessage>& messages,
          std::string name);

  const Shape& shape() const { return shape_; }
  /// Changed to the type of the tensor, which has the dataset's shape.
  void read(const Tensor& tensor) const;

 private:
  /// Takes from a layout message where the values are.
  void place(ByteReader layout);

  const File& file_;
  std::string name_;
  std::optional<NumberType> type_;
  Shape shape_;
  std::string_view values_;
  std::vector<Filter> filters_;
  std::optional<Chunks> chunks_;
};

}  // namespace lathe::models::hdf5
