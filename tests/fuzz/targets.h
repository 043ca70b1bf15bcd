#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace lathe::fuzz {

using Bytes = std::span<const std::uint8_t>;

/// Something that reads what strangers wrote. It returns where the bytes were
/// read, or refused by an Error; whatever else happens is a defect.
struct Target {
  std::string_view name;
  void (*run)(Bytes);
};

/// In the order of their names, which are also those of the folders in corpus.
std::span<const Target> targets();

}  // namespace lathe::fuzz
