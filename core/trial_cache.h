#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace lathe {

/// What trials on a device found, for later runs: a text file with a line for
/// each, "key<tab>value". What can't be read as that is left out, so a file
/// that somebody damaged costs no more than new trials.
class TrialCache {
 public:
  /// Reads the file, if it is there.
  explicit TrialCache(std::filesystem::path file);

  /// The value of an entry; none where there is none.
  std::optional<std::string> find(const std::string& key) const;

  /// Adds an entry, unless another process has by now put one with that key
  /// into the file, other than the one that find() gave. The value that is
  /// there then; none where the file can't be written.
  std::optional<std::string> add(const std::string& key,
                                 const std::string& value);

 private:
  void read();

  std::filesystem::path file_;
  std::map<std::string, std::string> values_;
};

/// lathe/NAME in $XDG_CACHE_HOME or, without that, ~/.cache; empty where
/// neither is known.
std::filesystem::path trial_cache_file(std::string_view name);

}  // namespace lathe
