#include "models/hdf5/dataset.h"

#include <algorithm>

#include "core/deflate.h"
#include "models/hdf5/dataspace.h"

namespace lathe::models::hdf5 {
namespace {

constexpr std::uint64_t kDataspaceMessage = 0x01;
constexpr std::uint64_t kDatatypeMessage = 0x03;
constexpr std::uint64_t kExternalFilesMessage = 0x07;
constexpr std::uint64_t kLayoutMessage = 0x08;
constexpr std::uint64_t kFiltersMessage = 0x0B;

}  // namespace

Dataset::Dataset(const File& file, const std::vector<HeaderMessage>& messages,
                 std::string name)
    : file_(file), name_(std::move(name)) {
  const std::string path = concat(file.source(), ": ", name_);
  const auto message = [&](std::uint64_t type) -> std::optional<ByteReader> {
    const auto found = std::ranges::find(messages, type, &HeaderMessage::type);
    if (found == messages.end()) return std::nullopt;
    if (found->is_shared) {
      fail(path, " is no plain array of numbers kept in the file itself");
    }
    return ByteReader(found->body, path);
  };
  const auto dataspace = message(kDataspaceMessage);
  const auto datatype = message(kDatatypeMessage);
  const auto layout = message(kLayoutMessage);
  if (!dataspace || !datatype || !layout) fail(path, " is no dataset");
  if (message(kExternalFilesMessage)) {
    fail(path, " has its values in other files");
  }
  if (const auto filters = message(kFiltersMessage)) {
    filters_ = filters_of(*filters);
  }
  type_.emplace(*datatype);
  shape_ = extents_of(*dataspace, file.bytes().size() *
                                      (filters_.empty() ? 1 : kMostOfDeflate) /
                                      type_->bytes());
  place(*layout);
}

void Dataset::place(ByteReader layout) {
  constexpr std::uint64_t kCompact = 0;
  constexpr std::uint64_t kContiguous = 1;
  constexpr std::uint64_t kChunked = 2;
  const std::uint64_t version = layout.number(1);
  const std::uint64_t kind = layout.number(1);
  const bool is_known =
      version == 3 ||
      (version == 4 && (kind == kCompact || kind == kContiguous));
  if (!is_known || kind > kChunked) {
    fail(layout.name(), " is kept in a way (", kind, " of version ", version,
         ") that is not known; ", kHowToBeRead);
  }
  if (kind == kChunked) {
    const std::uint64_t rank = layout.number(1);
    if (rank != shape_.rank() + 1 || rank == 1) {
      fail(layout.name(), " has pieces of ", rank,
           " dimensions, with that of the bytes; expected ", shape_.rank() + 1);
    }
    chunks_ = Chunks{.tree = layout.number(8),
                     .value_bytes = type_->bytes(),
                     .filters = filters_};
    for (std::size_t i = 0; i < shape_.rank(); ++i) {
      chunks_->sides.push_back(layout.number(4));
    }
    return;
  }
  const std::uint64_t bytes =
      static_cast<std::uint64_t>(shape_.elements()) * type_->bytes();
  if (kind == kCompact) {
    values_ =
        ByteReader(layout.bytes(layout.number(2)), layout.name()).bytes(bytes);
  } else {
    values_ = file_.at(layout.number(8), name_).bytes(bytes);
  }
}

void Dataset::read(const Tensor& tensor) const {
  const std::string path = concat(file_.source(), ": ", name_);
  if (shape_ != tensor.shape()) {
    fail(path, " has the shape ", shape_, "; expected ", tensor.shape());
  }
  if (chunks_) {
    type_->read(joined(file_, *chunks_, shape_, name_), tensor, path);
  } else {
    type_->read(values_, tensor, path);
  }
}

}  // namespace lathe::models::hdf5
