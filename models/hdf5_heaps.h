#pragma once

#include <string>
#include <string_view>

namespace lathe::models {

/// Throws Error where one of an HDF5 file's heaps of texts (global heap
/// collections, section III.E of its format's specification) has an object that
/// ends beyond it or nowhere. HDF5 1.10 follows such objects without end.
/// `source` names the file in errors.
void require_sound_heaps(std::string_view file, const std::string& source);

}  // namespace lathe::models
