#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string_view>

namespace lathe {

/// Replaces a file as a whole: writes beside it, in the same folder, syncs and
/// renames, so that a reader sees the old file or the new one and never half of
/// one. Where that fails (a full disk) the old file stays, what was written is
/// removed, and an Error names the file.
void write_atomically(const std::filesystem::path& path,
                      std::span<const std::byte> bytes);
void write_atomically(const std::filesystem::path& path, std::string_view text);

/// The same for what somebody else's code writes to a path: `write` is given
/// the name of the temporary file.
void write_atomically(
    const std::filesystem::path& path,
    const std::function<void(const std::filesystem::path&)>& write);

}  // namespace lathe
