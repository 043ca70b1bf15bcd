#include "models/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/error.h"
#include "layers/parse_json.h"
#include "models/finite.h"

namespace lathe::models {
namespace {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little,
              "the numbers are little-endian");

constexpr std::size_t kLengthBytes = 8;
constexpr const char* kMetadata = "__metadata__";

// The types there are and their bytes.
const std::map<std::string, std::uint64_t>& element_bytes() {
  static const std::map<std::string, std::uint64_t> bytes = {
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1},
      {"U16", 2},  {"I16", 2}, {"F16", 2}, {"BF16", 2},    {"U32", 4},
      {"I32", 4},  {"F32", 4}, {"U64", 8}, {"I64", 8},     {"F64", 8}};
  return bytes;
}

std::string type_name(DType dtype) {
  switch (dtype) {
    case DType::float32:
      return "F32";
    case DType::int64:
      return "I64";
    default:
      fail("safetensors: a tensor of ", dtype,
           "; weights are float32 and counts int64");
  }
}

std::uint64_t unsigned_of(const json& value) {
  if (!value.is_number_unsigned()) {
    fail(value.dump(), " is no whole number of 0 or more");
  }
  return value.get<std::uint64_t>();
}

// The bytes of a tensor of that shape, which are at most `limit`.
std::uint64_t bytes_of(const std::vector<std::uint64_t>& shape,
                       std::uint64_t element, std::uint64_t limit) {
  if (std::find(shape.begin(), shape.end(), 0U) != shape.end()) return 0;
  std::uint64_t bytes = element;
  for (const std::uint64_t extent : shape) {
    if (extent > limit / bytes) fail("its shape is larger than the file");
    bytes *= extent;
  }
  return bytes;
}

}  // namespace

SafetensorsReader::SafetensorsReader(std::string bytes, std::string source)
    : bytes_(std::move(bytes)), source_(std::move(source)) {
  std::uint64_t length = 0;
  if (bytes_.size() < kLengthBytes) {
    fail(source_, ": ", bytes_.size(), " bytes are no safetensors file");
  }
  std::memcpy(&length, bytes_.data(), kLengthBytes);
  if (length > bytes_.size() - kLengthBytes) {
    fail(source_, ": its header has ", length, " bytes, but the file only ",
         bytes_.size(), "; it is damaged or no safetensors file");
  }
  const std::size_t data = kLengthBytes + length;
  const std::uint64_t size = bytes_.size() - data;
  json header;
  try {
    const std::string_view whole = bytes_;
    header = layers::parse_json(whole.substr(kLengthBytes, length));
  } catch (const Error& error) {
    fail(source_, ": its header: ", error.what());
  }
  if (!header.is_object()) fail(source_, ": its header is no JSON object");

  std::vector<std::pair<std::uint64_t, std::uint64_t>> spans;
  for (const auto& [name, said] : header.items()) {
    if (name == kMetadata) continue;
    try {
      Entry entry{.dtype = said.at("dtype").get<std::string>()};
      const auto element = element_bytes().find(entry.dtype);
      if (element == element_bytes().end()) {
        fail("its dtype is ", entry.dtype, ", which there is not");
      }
      std::vector<std::uint64_t> extents;
      for (const json& extent : said.at("shape").get<json::array_t>()) {
        extents.push_back(unsigned_of(extent));
      }
      const json& offsets = said.at("data_offsets");
      const std::uint64_t begin = unsigned_of(offsets.at(0));
      const std::uint64_t end = unsigned_of(offsets.at(1));
      if (offsets.size() != 2 || begin > end || end > size) {
        fail("it is at ", offsets.dump(), " of ", size, " bytes");
      }
      if (bytes_of(extents, element->second, size) != end - begin) {
        fail("its shape ", said.at("shape").dump(), " of ", entry.dtype,
             " doesn't fill its ", end - begin, " bytes");
      }
      entry.shape = Shape({extents.begin(), extents.end()});
      entry.begin = data + begin;
      entry.end = data + end;
      spans.emplace_back(begin, end);
      entries_.emplace(name, std::move(entry));
    } catch (const std::exception& error) {
      fail(source_, ": tensor '", name, "': ", error.what());
    }
  }
  std::sort(spans.begin(), spans.end());
  std::uint64_t expected = 0;
  for (const auto& [begin, end] : spans) {
    if (begin != expected) {
      fail(source_, ": a tensor begins at byte ", begin,
           " of the numbers, where the one before it ends at ", expected);
    }
    expected = end;
  }
  if (expected != size) {
    fail(source_, ": its tensors end at byte ", expected, " of ", size);
  }
}

std::vector<std::string> SafetensorsReader::names() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_) names.push_back(name);
  return names;
}

const Shape& SafetensorsReader::shape(const std::string& name) const {
  return entries_.at(name).shape;
}

void SafetensorsReader::read(const std::string& name,
                             const Tensor& tensor) const {
  const Entry& entry = entries_.at(name);
  const std::string right = type_name(tensor.dtype());
  const char* bytes = bytes_.data() + entry.begin;
  if (entry.dtype == "I32" && right == "I64") {
    for (std::int64_t& value : tensor.values<std::int64_t>()) {
      std::int32_t narrow = 0;
      std::memcpy(&narrow, bytes, sizeof(narrow));
      value = narrow;
      bytes += sizeof(narrow);
    }
    return;
  }
  if (entry.dtype != right) {
    fail(source_, ": tensor '", name, "' is of ", entry.dtype,
         "; the model's is of ", right);
  }
  std::memcpy(tensor.raw(), bytes, entry.end - entry.begin);
  require_finite(tensor, concat(source_, ": tensor '", name, "'"));
}

std::string make_safetensors(std::vector<NamedTensor> tensors) {
  // So that the numbers of all begin at multiples of their sizes.
  std::stable_sort(tensors.begin(), tensors.end(),
                   [](const NamedTensor& one, const NamedTensor& other) {
                     return size_of(one.tensor.dtype()) >
                            size_of(other.tensor.dtype());
                   });
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  std::string data;
  for (const auto& [name, tensor] : tensors) {
    const std::size_t begin = data.size();
    data.append(static_cast<const char*>(tensor.raw()), tensor.bytes());
    header[name] = {{"dtype", type_name(tensor.dtype())},
                    {"shape", std::vector<std::int64_t>(tensor.shape().begin(),
                                                        tensor.shape().end())},
                    {"data_offsets", {begin, data.size()}}};
  }
  std::string text = header.dump();
  text.resize((text.size() + kLengthBytes - 1) / kLengthBytes * kLengthBytes,
              ' ');
  std::string bytes(kLengthBytes, '\0');
  const std::uint64_t length = text.size();
  std::memcpy(bytes.data(), &length, kLengthBytes);
  return bytes + text + data;
}

}  // namespace lathe::models
