#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lathe::models {

/// A message in protobuf's wire format
/// (protobuf.dev/programming-guides/encoding), field after field. A field that
/// is added again is repeated.
class ProtobufMessage {
 public:
  /// An int32, int64 or enum.
  ProtobufMessage& add_integer(std::uint32_t field, std::int64_t value);
  /// A float.
  ProtobufMessage& add_float(std::uint32_t field, float value);
  /// A double.
  ProtobufMessage& add_double(std::uint32_t field, double value);
  /// A string or bytes.
  ProtobufMessage& add_bytes(std::uint32_t field, std::string_view value);
  /// A message, as it is now.
  ProtobufMessage& add_message(std::uint32_t field,
                               const ProtobufMessage& value) {
    return add_bytes(field, value.bytes_);
  }

  /// What would be in a file.
  const std::string& bytes() const { return bytes_; }

 private:
  void append_varint(std::uint64_t value);
  void append_bytes_of(std::uint64_t value, unsigned count);

  std::string bytes_;
};

}  // namespace lathe::models
