#include "core/shape.h"

#include "core/plain_text.h"

namespace lathe {

std::int64_t Shape::elements() const {
  std::int64_t product = 1;
  for (const std::int64_t extent : extents_) product *= extent;
  return product;
}

std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  out << '(';
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    if (axis > 0) out << ", ";
    out << shape[axis];
  }
  return out << ')';
}

std::string to_string(const Shape& shape) {
  PlainText text;
  text << shape;
  return text.str();
}

}  // namespace lathe
