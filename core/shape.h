#pragma once

#include <cstdint>
#include <initializer_list>
#include <ostream>
#include <string>
#include <vector>

namespace lathe {

/// Extents of a tensor, outermost first; images are (N, H, W, C). An empty
/// shape is a scalar.
class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<std::int64_t> extents) : extents_(extents) {}
  explicit Shape(std::vector<std::int64_t> extents)
      : extents_(std::move(extents)) {}

  std::size_t rank() const { return extents_.size(); }
  std::int64_t operator[](std::size_t axis) const { return extents_[axis]; }
  std::int64_t& operator[](std::size_t axis) { return extents_[axis]; }
  std::int64_t back() const { return extents_.back(); }
  auto begin() const { return extents_.begin(); }
  auto end() const { return extents_.end(); }
  const std::vector<std::int64_t>& extents() const { return extents_; }

  /// The product of all extents; 1 for a scalar. Throws Error beyond 2^60.
  std::int64_t elements() const;

  bool operator==(const Shape&) const = default;

 private:
  std::vector<std::int64_t> extents_;
};

/// "(16, 224, 224, 3)"
std::string to_string(const Shape& shape);
std::ostream& operator<<(std::ostream& out, const Shape& shape);

}  // namespace lathe
