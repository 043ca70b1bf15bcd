#include "core/shape.h"

#include "core/error.h"
#include "core/plain_text.h"

namespace lathe {

std::int64_t Shape::elements() const {
  // Of eight bytes each, 64 bits still count the bytes.
  constexpr std::int64_t kMost = std::int64_t{1} << 60;
  std::int64_t product = 1;
  for (const std::int64_t extent : extents_) {
    if (__builtin_mul_overflow(product, extent, &product) || product > kMost) {
      fail("shape: ", *this, " has more than 2^60 elements");
    }
  }
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
