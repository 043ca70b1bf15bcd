#include "models/protobuf_message.h"

#include <bit>

namespace lathe::models {
namespace {

// The last three bits of what stands before a value.
constexpr std::uint64_t kVarint = 0;
constexpr std::uint64_t kEightBytes = 1;
constexpr std::uint64_t kLengthDelimited = 2;
constexpr std::uint64_t kFourBytes = 5;

std::uint64_t tag(std::uint32_t field, std::uint64_t type) {
  return std::uint64_t{field} << 3U | type;
}

}  // namespace

ProtobufMessage& ProtobufMessage::add_integer(std::uint32_t field,
                                              std::int64_t value) {
  append_varint(tag(field, kVarint));
  append_varint(static_cast<std::uint64_t>(value));
  return *this;
}

ProtobufMessage& ProtobufMessage::add_float(std::uint32_t field, float value) {
  append_varint(tag(field, kFourBytes));
  append_bytes_of(std::bit_cast<std::uint32_t>(value), sizeof value);
  return *this;
}

ProtobufMessage& ProtobufMessage::add_double(std::uint32_t field,
                                             double value) {
  append_varint(tag(field, kEightBytes));
  append_bytes_of(std::bit_cast<std::uint64_t>(value), sizeof value);
  return *this;
}

ProtobufMessage& ProtobufMessage::add_bytes(std::uint32_t field,
                                            std::string_view value) {
  append_varint(tag(field, kLengthDelimited));
  append_varint(value.size());
  bytes_ += value;
  return *this;
}

// Seven bits a byte, the lowest first; all bytes but the last have the eighth.
void ProtobufMessage::append_varint(std::uint64_t value) {
  for (; value >= 128; value >>= 7U) {
    bytes_.push_back(static_cast<char>(value | 128U));
  }
  bytes_.push_back(static_cast<char>(value));
}

// The lowest first.
void ProtobufMessage::append_bytes_of(std::uint64_t value, unsigned count) {
  for (unsigned i = 0; i < count; ++i) {
    bytes_.push_back(static_cast<char>(value >> 8 * i));
  }
}

}  // namespace lathe::models
