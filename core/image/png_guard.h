#pragma once

#include <png.h>

#include <array>
#include <csetjmp>
#include <cstdio>

namespace lathe::image {

/// What libpng complained about.
struct PngComplaint {
  /// In its own words, which would else go to standard error.
  std::array<char, 200> text = {};
};

/// Runs calls of libpng's, which leaves them by longjmp where something is
/// wrong: returns whether nothing was. `work` must own nothing.
template <class Work>
bool png_succeeds(png_structp png, const Work& work) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  work();
  return true;
}

/// libpng's error handler, whose data is a PngComplaint.
inline void note_png_error(png_structp png, png_const_charp text) {
  auto& kept = static_cast<PngComplaint*>(png_get_error_ptr(png))->text;
  std::snprintf(kept.data(), kept.size(), "%s", text);
  png_longjmp(png, 1);
}
/// Its handler of warnings: what they are about can be read all the same.
inline void ignore_png_warning(png_structp, png_const_charp) {}

}  // namespace lathe::image
