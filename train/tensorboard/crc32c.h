#pragma once

#include <cstdint>
#include <string_view>

namespace lathe::train {

/// The cyclic redundancy check of Castagnoli's polynomial, as iSCSI has it (RFC
/// 3720, appendix B.4).
std::uint32_t crc32c(std::string_view bytes);

/// As TFRecord files keep it: turned by 15 bits and moved, since a check of
/// bytes that hold their own check says little
/// (tensorflow/core/lib/hash/crc32c.h).
std::uint32_t masked_crc32c(std::string_view bytes);

}  // namespace lathe::train
