#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>

namespace lathe::image {

/// The deleter of an OpenFile.
struct FileCloser {
  /// Closes it.
  void operator()(std::FILE* file) const { std::fclose(file); }
};

/// Owns a file that is read.
using OpenFile = std::unique_ptr<std::FILE, FileCloser>;

/// Throws Error naming the file where it can't be opened.
OpenFile open_file(const std::filesystem::path& path);

}  // namespace lathe::image
