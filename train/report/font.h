#pragma once

#include <cstdint>

namespace lathe::train {

inline constexpr std::int64_t kGlyphWidth = 8;
inline constexpr std::int64_t kGlyphHeight = 17;

/// 95 glyphs of kGlyphHeight x kGlyphWidth hexadecimal digits of coverage.
extern const char* const kGlyphs;

}  // namespace lathe::train
