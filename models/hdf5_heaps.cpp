#include "models/hdf5_heaps.h"

#include <cstdint>

#include "core/error.h"

namespace lathe::models {
namespace {

// The signature, the version and three reserved bytes: too long for weights to
// have it by chance.
constexpr std::string_view kSignature{"GCOL\1\0\0\0", 8};
// Of a collection, and of each of its objects, where lengths have 8 bytes.
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

// Whether the objects of what begins with a collection end where it ends.
bool is_sound(std::string_view bytes) {
  if (bytes.size() < kHeader) return false;
  const std::uint64_t size = number_at(bytes, 8, 8);
  if (size > bytes.size()) return false;
  std::uint64_t place = kHeader;
  while (place <= size && size - place >= kHeader) {
    const bool is_free = number_at(bytes, place, 2) == 0;
    const std::uint64_t length = number_at(bytes, place + 8, 8);
    if (length > size) return false;
    // That of free room counts the header.
    const std::uint64_t room =
        is_free ? length : kHeader + (length + 7) / 8 * 8;
    if (room < kHeader) return false;
    place += room;
  }
  return place <= size;
}

}  // namespace

void require_sound_heaps(std::string_view file, const std::string& source) {
  std::size_t place = file.find(kSignature);
  while (place != std::string_view::npos) {
    if (!is_sound(file.substr(place))) {
      fail(source, ": the HDF5 heap at byte ", place,
           " has objects that end beyond it");
    }
    place = file.find(kSignature, place + kSignature.size());
  }
}

}  // namespace lathe::models
