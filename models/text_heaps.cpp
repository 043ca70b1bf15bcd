#include "models/text_heaps.h"

#include "core/error.h"

namespace lathe::models {
namespace {

// The signature, the version and three reserved bytes: too long for weights to
// have it by chance.
constexpr std::string_view kSignature{"GCOL\1\0\0\0", 8};
// Of a heap, and of each of its objects, where lengths have 8 bytes.
constexpr std::uint64_t kHeader = 16;

std::uint64_t number_at(std::string_view bytes, std::uint64_t place,
                        int length) {
  std::uint64_t number = 0;
  for (int i = length - 1; i >= 0; --i) {
    number = number << 8U | static_cast<unsigned char>(
                                bytes[place + static_cast<std::uint64_t>(i)]);
  }
  return number;
}

}  // namespace

TextHeaps::TextHeaps(std::string_view file, std::string source)
    : source_(std::move(source)) {
  std::size_t place = file.find(kSignature);
  while (place != std::string_view::npos) {
    add_heap(file, place);
    place = file.find(kSignature, place + kSignature.size());
  }
}

void TextHeaps::add_heap(std::string_view file, std::uint64_t start) {
  const std::string_view bytes = file.substr(start);
  const std::uint64_t size =
      bytes.size() < kHeader ? ~std::uint64_t{0} : number_at(bytes, 8, 8);
  bool sound = size <= bytes.size();
  std::uint64_t place = kHeader;
  while (sound && place <= size && size - place >= kHeader) {
    const std::uint64_t object = number_at(bytes, place, 2);
    const std::uint64_t length = number_at(bytes, place + 8, 8);
    // That of free room, which is object 0, counts the header.
    const std::uint64_t room =
        object == 0 ? length : kHeader + (length + 7) / 8 * 8;
    sound = length <= size && room >= kHeader && room <= size - place;
    if (sound && object != 0) {
      objects_[{start, object}] = bytes.substr(place + kHeader, length);
    }
    place += room;
  }
  if (!sound) {
    fail(source_, ": the HDF5 heap at byte ", start,
         " has objects that end beyond it");
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

}  // namespace lathe::models
