#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lathe::models {

/// A zip file being read. Every error names the file.
class ArchiveReader {
 public:
  /// Throws Error if the file is missing, is no zip, is cut short, or has an
  /// entry that claims to be larger than its packed bytes can hold or whose
  /// name leaves the folder.
  explicit ArchiveReader(std::filesystem::path path);
  ~ArchiveReader();
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  bool has(const std::string& name) const;
  /// The bytes of an entry, packed or not, checked against the zip's checksum;
  /// throws Error if it is missing or damaged.
  std::string read(const std::string& name) const;
  const std::filesystem::path& path() const { return path_; }

 private:
  struct Zip;
  std::filesystem::path path_;
  std::unique_ptr<Zip> zip_;
};

/// One file of a zip.
struct ArchiveEntry {
  std::string name;
  std::string_view bytes;
};

/// The bytes of a zip of these entries, not packed, as Keras writes it. The
/// same entries give the same bytes: all are dated 1 January 1980.
std::string make_archive(const std::vector<ArchiveEntry>& entries);

}  // namespace lathe::models
