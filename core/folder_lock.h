#pragma once

#include <filesystem>

namespace lathe {

/// Has a folder to itself as long as it lives: in this process and any other of
/// the machine, another lock of the folder is refused. Ends with the process,
/// however that ends. A file system without locks refuses nobody.
class FolderLock {
 public:
  /// Throws Error naming the folder where another has it, or it can't be
  /// opened.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace lathe
