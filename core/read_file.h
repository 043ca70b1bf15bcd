#pragma once

#include <filesystem>
#include <string>

namespace lathe {

/// The bytes of a file. Throws Error naming it where it is a folder, can't be
/// opened, or can't be read to its end.
std::string read_file(const std::filesystem::path& path);

}  // namespace lathe
