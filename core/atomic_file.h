#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

namespace lathe {

/// Replaces a file as a whole: what is written lies beside it, in the same
/// folder, until commit() syncs and renames it, so that a reader sees the old
/// file or the new one and never half of one. Where that fails (a full disk),
/// or there is no commit(), the old file stays and what was written is removed;
/// an Error names the file. A process that is killed leaves at most
/// `.NAME.partial`, which the next save of the same file takes over; who saves
/// the same file at the same time, in this process or another, waits.
class AtomicFile {
 public:
  /// Begins what is to replace the file.
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Adds to the end of what was written before.
  void write(std::span<const std::byte> bytes);
  /// Puts what was written in the file's place; the last call.
  void commit();

 private:
  class Descriptor;

  std::filesystem::path path_;
  std::filesystem::path partial_;
  std::unique_ptr<Descriptor> file_;
  bool renamed_ = false;
};

/// The same for what is there in one piece.
void write_atomically(const std::filesystem::path& path,
                      std::span<const std::byte> bytes);
void write_atomically(const std::filesystem::path& path, std::string_view text);

}  // namespace lathe
