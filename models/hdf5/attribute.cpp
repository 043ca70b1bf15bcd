#include "models/hdf5/attribute.h"

#include "core/error.h"
#include "models/hdf5/dataspace.h"

namespace lathe::models::hdf5 {
namespace {

constexpr std::uint64_t kAttributeMessage = 0x0C;
constexpr std::uint64_t kAttributeInfoMessage = 0x15;

/// Filled up with zeros.
std::string fixed_text(ByteReader& values, std::uint64_t length) {
  const std::string_view text = values.bytes(length);
  return std::string(text.substr(0, text.find('\0')));
}

std::string variable_text(ByteReader& values, const TextHeaps& heaps) {
  TextReference reference;
  reference.length = static_cast<std::uint32_t>(values.number(4));
  reference.heap = values.number(8);
  reference.object = static_cast<std::uint32_t>(values.number(4));
  return heaps.text(reference);
}

}  // namespace

Attribute::Attribute(std::string_view message, const std::string& object)
    : description_(concat(object, ": an HDF5 attribute")) {
  ByteReader reader(message, description_);
  const std::uint64_t version = reader.number(1);
  is_shared_ = reader.number(1) != 0 && version > 1;
  const std::uint64_t name_bytes = reader.number(2);
  const std::uint64_t datatype_bytes = reader.number(2);
  const std::uint64_t dataspace_bytes = reader.number(2);
  if (version > 2) reader.bytes(1);  // the name's encoding
  const auto part = [&](std::uint64_t length) {
    return reader.bytes(version == 1 ? whole_words(length) : length)
        .substr(0, length);
  };
  name_ = part(name_bytes);
  name_ = name_.substr(0, name_.find('\0'));
  datatype_ = part(datatype_bytes);
  dataspace_ = part(dataspace_bytes);
  values_ = reader.bytes(reader.left());
  description_ = concat(object, ": the attribute ", name_);
}

std::vector<std::string> Attribute::texts(const TextHeaps& heaps) const {
  constexpr std::uint64_t kFixedText = 3;
  constexpr std::uint64_t kVariableLength = 9;
  constexpr std::uint64_t kReferenceBytes = 16;
  ByteReader datatype(datatype_, description_);
  const std::uint64_t kind = is_shared_ ? 0 : datatype.number(1) & 0x0F;
  const bool holds_letters = (datatype.number(3) & 0x0F) == 1;
  const std::uint64_t size = datatype.number(4);
  const bool is_variable =
      kind == kVariableLength && holds_letters && size == kReferenceBytes;
  if (!is_variable && (kind != kFixedText || size == 0)) {
    fail(description_, " is no text");
  }
  const std::int64_t count =
      extents_of({dataspace_, description_},
                 values_.size() / (is_variable ? kReferenceBytes : size))
          .elements();
  ByteReader values(values_, description_);
  std::vector<std::string> texts;
  for (std::int64_t i = 0; i < count; ++i) {
    texts.push_back(is_variable ? variable_text(values, heaps)
                                : fixed_text(values, size));
  }
  return texts;
}

std::vector<Attribute> attributes(const std::vector<HeaderMessage>& messages,
                                  const std::string& object) {
  std::vector<Attribute> attributes;
  for (const HeaderMessage& message : messages) {
    if (message.type == kAttributeInfoMessage) {
      expect_no_tree({message.body, object}, 2, "attributes");
    }
    if (message.type == kAttributeMessage) {
      attributes.emplace_back(message.body, object);
    }
  }
  return attributes;
}

}  // namespace lathe::models::hdf5
