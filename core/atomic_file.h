#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace lathe {

/// Replaces a file as a whole: writes beside it, in the same folder, syncs and
/// renames, so that a reader sees the old file or the new one and never half of
/// one. Where that fails (a full disk) the old file stays, what was written is
/// removed, and an Error names the file. A process that is killed leaves at
/// most `.NAME.partial`, which the next save of the same file takes over; who
/// saves the same file at the same time, in this process or another, waits.
void write_atomically(const std::filesystem::path& path,
                      std::span<const std::byte> bytes);
void write_atomically(const std::filesystem::path& path, std::string_view text);

}  // namespace lathe
