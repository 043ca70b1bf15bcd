#include "models/hdf5/filters.h"

#include <algorithm>

#include "core/deflate.h"

namespace lathe::models::hdf5 {
namespace {

std::string inflate(std::string_view packed, std::uint64_t bytes,
                    const std::string& name) {
  std::string whole(bytes, '\0');
  const auto unpacked = unpack(
      {reinterpret_cast<const std::uint8_t*>(packed.data()), packed.size()},
      {reinterpret_cast<std::uint8_t*>(whole.data()), whole.size()});
  if (unpacked != bytes) {
    fail(name, " has a piece that cannot be unpacked to ", bytes, " bytes");
  }
  return whole;
}

/// All first bytes of the values come first, then all second ones.
std::string unshuffle(std::string_view shuffled, std::uint64_t value_bytes) {
  const std::uint64_t values = shuffled.size() / value_bytes;
  std::string whole(shuffled);
  for (std::uint64_t byte = 0; byte < value_bytes; ++byte) {
    for (std::uint64_t i = 0; i < values; ++i) {
      whole[i * value_bytes + byte] = shuffled[byte * values + i];
    }
  }
  return whole;
}

}  // namespace

std::vector<Filter> filters_of(ByteReader pipeline) {
  const std::uint64_t version = pipeline.number(1);
  const std::uint64_t count = pipeline.number(1);
  if (version == 1) pipeline.bytes(6);
  std::vector<Filter> filters;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t filter = pipeline.number(2);
    const bool is_named = version == 1 || filter >= 256;
    const std::uint64_t name_bytes = is_named ? pipeline.number(2) : 0;
    pipeline.bytes(2);  // flags
    const std::uint64_t parameters = pipeline.number(2);
    pipeline.bytes(version == 1 ? whole_words(name_bytes) : name_bytes);
    pipeline.bytes(version == 1 ? whole_words(4 * parameters) : 4 * parameters);
    if (filter < 1 || filter > 3) {
      fail(pipeline.name(), " is packed by HDF5's filter ", filter,
           "; expected deflate, shuffle or fletcher32");
    }
    filters.push_back(static_cast<Filter>(filter));
  }
  return filters;
}

std::string unfilter(std::string_view stored,
                     const std::vector<Filter>& filters, std::uint64_t skipped,
                     const Piece& piece, const std::string& name) {
  constexpr std::uint64_t kChecksumBytes = 4;
  std::string bytes(stored);
  for (std::size_t i = filters.size(); i-- > 0;) {
    if ((skipped >> i & 1) != 0) continue;
    switch (filters[i]) {
      case Filter::deflate:
        bytes = inflate(bytes, piece.bytes, name);
        break;
      case Filter::shuffle:
        bytes = unshuffle(bytes, piece.value_bytes);
        break;
      case Filter::fletcher32:
        bytes.erase(bytes.size() - std::min(bytes.size(), kChecksumBytes));
        break;
    }
  }
  if (bytes.size() != piece.bytes) {
    fail(name, " has a piece of ", bytes.size(), " bytes; expected ",
         piece.bytes);
  }
  return bytes;
}

}  // namespace lathe::models::hdf5
