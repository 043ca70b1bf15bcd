#include "models/hdf5/number_type.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace lathe::models::hdf5 {
namespace {

double half(std::uint64_t bits) {
  const auto exponent = static_cast<int>(bits >> 10 & 0x1F);
  const auto fraction = static_cast<double>(bits & 0x3FF);
  double value = 0;
  if (exponent == 0x1F) {
    value = fraction == 0 ? std::numeric_limits<double>::infinity()
                          : std::numeric_limits<double>::quiet_NaN();
  } else if (exponent == 0) {
    value = std::ldexp(fraction, -24);
  } else {
    value = std::ldexp(fraction + 1024, exponent - 25);
  }
  return (bits & 0x8000) != 0 ? -value : value;
}

/// Whether all the bits are the number's.
bool is_whole(ByteReader properties, std::uint64_t bytes) {
  return properties.number(2) == 0 && properties.number(2) == 8 * bytes;
}

/// Whether the bits are where IEEE 754 has them.
bool is_ieee(ByteReader properties, std::uint64_t bytes) {
  const std::uint64_t fraction = bytes == 2 ? 10 : bytes == 4 ? 23 : 52;
  const std::uint64_t exponent = 8 * bytes - 1 - fraction;
  return properties.number(2) == 0 && properties.number(2) == 8 * bytes &&
         properties.number(1) == fraction && properties.number(1) == exponent &&
         properties.number(1) == 0 && properties.number(1) == fraction &&
         properties.number(4) == (std::uint64_t{1} << (exponent - 1)) - 1;
}

template <class T>
T number_of(double value, const std::string& name) {
  if constexpr (std::is_integral_v<T>) {
    // The greatest itself may have no double.
    const double end = std::ldexp(1.0, std::numeric_limits<T>::digits);
    if (!(value >= static_cast<double>(std::numeric_limits<T>::min()) &&
          value < end)) {
      fail(name, ": ", value, " is too large for the type to be read");
    }
  }
  return static_cast<T>(value);
}

}  // namespace

NumberType::NumberType(ByteReader datatype) {
  constexpr std::uint64_t kInteger = 0;
  constexpr std::uint64_t kFloating = 1;
  const std::uint64_t kind = datatype.number(1) & 0x0F;
  const std::uint64_t flags = datatype.number(3);
  bytes_ = datatype.number(4);
  is_floating_ = kind == kFloating;
  is_big_endian_ = (flags & 0x01) != 0;
  is_signed_ = (flags & 0x08) != 0;
  const bool is_word = bytes_ == 2 || bytes_ == 4 || bytes_ == 8;
  const bool is_plain =
      (is_floating_ && is_word && is_ieee(datatype, bytes_)) ||
      (kind == kInteger && (is_word || bytes_ == 1) &&
       is_whole(datatype, bytes_));
  if (!is_plain) {
    fail(datatype.name(), " is no plain array of numbers");
  }
}

double NumberType::value(const char* number) const {
  std::uint64_t bits = 0;
  for (std::uint64_t i = 0; i < bytes_; ++i) {
    const char byte = number[is_big_endian_ ? i : bytes_ - 1 - i];
    bits = bits << 8 | static_cast<unsigned char>(byte);
  }
  if (is_floating_) {
    if (bytes_ == 2) return half(bits);
    if (bytes_ == 4) {
      return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    }
    return std::bit_cast<double>(bits);
  }
  if (!is_signed_) return static_cast<double>(bits);
  const auto unused = static_cast<int>(64 - 8 * bytes_);
  return static_cast<double>(static_cast<std::int64_t>(bits << unused) >>
                             unused);
}

void NumberType::read(std::string_view numbers, const Tensor& tensor,
                      const std::string& name) const {
  const bool is_float32 = is_floating_ && bytes_ == 4 && !is_big_endian_;
  if (is_float32 && tensor.dtype() == DType::float32) {
    std::memcpy(tensor.raw(), numbers.data(), tensor.bytes());
    return;
  }
  const auto convert = [&]<class T>(std::span<T> values) {
    const char* number = numbers.data();
    for (T& element : values) {
      element = number_of<T>(value(number), name);
      number += bytes_;
    }
  };
  switch (tensor.dtype()) {
    case DType::float32:
      return convert(tensor.values<float>());
    case DType::float64:
      return convert(tensor.values<double>());
    case DType::bfloat16:
      break;
    case DType::uint8:
      return convert(tensor.values<std::uint8_t>());
    case DType::int32:
      return convert(tensor.values<std::int32_t>());
    case DType::int64:
      return convert(tensor.values<std::int64_t>());
  }
  fail(name, ": nothing is read as bfloat16");
}

}  // namespace lathe::models::hdf5
