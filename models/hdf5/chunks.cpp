#include "models/hdf5/chunks.h"

#include <algorithm>
#include <cstring>

#include "core/deflate.h"
#include "models/hdf5/btree.h"

namespace lathe::models::hdf5 {
namespace {

/// Puts pieces where they belong.
class Joint {
 public:
  Joint(const File& file, const Chunks& chunks, const Shape& shape,
        const std::string& name)
      : file_(file),
        chunks_(chunks),
        name_(name),
        path_(concat(file.source(), ": ", name)),
        allowance_(file, concat(path_, ": what its pieces claim")),
        extents_(shape.begin(), shape.end()) {
    std::uint64_t room = file.bytes().size() * kMostOfDeflate;
    piece_.value_bytes = piece_.bytes = chunks.value_bytes;
    for (std::size_t i = 0; i < extents_.size(); ++i) {
      const std::uint64_t side = chunks.sides[i];
      if (side == 0 || side > room) {
        fail(path_,
             " has pieces of no bytes, or of more than its file can hold");
      }
      room /= side;
      piece_.bytes *= side;
      expected_ *= (extents_[i] + side - 1) / side;
    }
    const std::int64_t elements = shape.elements();
    whole_.resize(static_cast<std::uint64_t>(elements) * chunks.value_bytes);
  }

  std::string join() {
    const BTree tree{.type = 1,
                     .key_bytes = 8 + 8 * (extents_.size() + 1),
                     .address = chunks_.tree};
    for_each_child(file_, tree, name_,
                   [this](std::string_view key, std::uint64_t address) {
                     add(key, address);
                   });
    if (expected_ != 0) {
      fail(path_, " lacks ", expected_, " of its pieces");
    }
    return std::move(whole_);
  }

 private:
  void add(std::string_view key, std::uint64_t address) {
    ByteReader reader(key, name_);
    const std::uint64_t stored = reader.number(4);
    const std::uint64_t skipped = reader.number(4);
    std::vector<std::uint64_t> origin(extents_.size());
    for (std::size_t i = 0; i < origin.size(); ++i) {
      origin[i] = reader.number(8);
      if (origin[i] >= extents_[i] || origin[i] % chunks_.sides[i] != 0) {
        fail(path_, " has a piece outside it");
      }
    }
    if (expected_ == 0) {
      fail(path_, " has more pieces than it can have");
    }
    --expected_;
    allowance_.take(stored);
    const std::string piece = unfilter(file_.at(address, name_).bytes(stored),
                                       chunks_.filters, skipped, piece_, path_);
    copy({.piece = piece, .origin = origin}, 0, {});
  }

  struct Part {
    const std::string& piece;
    const std::vector<std::uint64_t>& origin;
  };
  /// Which row, of all rows along an axis and those before it.
  struct Rows {
    std::uint64_t piece = 0;
    std::uint64_t whole = 0;
  };
  /// Copies what of the piece is within the whole.
  void copy(const Part& part, std::size_t axis, Rows rows) {
    rows.piece *= chunks_.sides[axis];
    rows.whole = rows.whole * extents_[axis] + part.origin[axis];
    const std::uint64_t count =
        std::min(chunks_.sides[axis], extents_[axis] - part.origin[axis]);
    const std::uint64_t bytes = piece_.value_bytes;
    if (axis + 1 == extents_.size()) {
      std::memcpy(whole_.data() + rows.whole * bytes,
                  part.piece.data() + rows.piece * bytes, count * bytes);
      return;
    }
    for (std::uint64_t i = 0; i < count; ++i) {
      copy(part, axis + 1, {.piece = rows.piece + i, .whole = rows.whole + i});
    }
  }

  const File& file_;
  const Chunks& chunks_;
  const std::string& name_;
  std::string path_;  // for errors
  Allowance allowance_;
  std::vector<std::uint64_t> extents_;
  Piece piece_;
  std::uint64_t expected_ = 1;  // pieces
  std::string whole_;
};

}  // namespace

std::string joined(const File& file, const Chunks& chunks, const Shape& shape,
                   const std::string& name) {
  return Joint(file, chunks, shape, name).join();
}

}  // namespace lathe::models::hdf5
