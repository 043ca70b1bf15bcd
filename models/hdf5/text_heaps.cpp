#include "models/hdf5/text_heaps.h"

#include <algorithm>

namespace lathe::models::hdf5 {
namespace {

// The signature, the version and three reserved bytes: too long for weights to
// have it by chance.
constexpr std::string_view kHeapSignature{"GCOL\1\0\0\0", 8};
// Of a heap, and of each of its objects, where lengths have 8 bytes.
constexpr std::uint64_t kHeader = 16;

}  // namespace

TextHeaps::TextHeaps(const File& file) : source_(file.source()) {
  const std::string_view bytes = file.bytes();
  std::size_t place = bytes.find(kHeapSignature);
  while (place != std::string_view::npos) {
    add_heap(file, place);
    place = bytes.find(kHeapSignature, place + kHeapSignature.size());
  }
}

void TextHeaps::add_heap(const File& file, std::uint64_t start) {
  ByteReader heap = file.at(start, concat("the HDF5 heap at byte ", start));
  heap.bytes(kHeapSignature.size());
  const std::uint64_t size = heap.number(8);
  ByteReader objects(heap.bytes(std::max(size, kHeader) - kHeader),
                     heap.name());
  while (objects.left() >= kHeader) {
    const std::uint64_t object = objects.number(2);
    objects.bytes(6);
    const std::uint64_t length = objects.number(8);
    if (object == 0) {
      objects.bytes(length - kHeader);  // that of free room counts its header
    } else {
      objects_[{start, object}] = objects.bytes(length);
      objects.bytes(whole_words(length) - length);
    }
  }
}

std::string TextHeaps::text(const TextReference& reference) const {
  if (reference.length == 0) return {};
  const auto found = objects_.find({reference.heap, reference.object});
  if (found == objects_.end() || found->second.size() != reference.length) {
    fail(source_, ": no HDF5 heap has the text of ", reference.length,
         " bytes that is to be object ", reference.object,
         " of the heap at byte ", reference.heap);
  }
  return found->second;
}

}  // namespace lathe::models::hdf5
