#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/hdf5/object_header.h"
#include "models/hdf5/text_heaps.h"

namespace lathe::models::hdf5 {

/// An attribute of a group or dataset, as its message has it (section IV.A.2.m
/// of the format's specification), to whose bytes it refers.
class Attribute {
 public:
  /// Throws Error where the message claims more than it has. `object` names in
  /// errors what has the attribute.
  Attribute(std::string_view message, const std::string& object);

  std::string_view name() const { return name_; }
  /// One text or several, of one length or of variable length in `heaps`;
  /// throws Error if the values are others.
  std::vector<std::string> texts(const TextHeaps& heaps) const;

 private:
  std::string description_;  // for errors
  std::string_view name_;
  std::string_view datatype_;
  std::string_view dataspace_;
  std::string_view values_;
  bool is_shared_ = false;
};

/// The attributes of what has these messages. Throws Error if they are kept as
/// only newer versions of HDF5 do when asked to.
std::vector<Attribute> attributes(const std::vector<HeaderMessage>& messages,
                                  const std::string& object);

}  // namespace lathe::models::hdf5
