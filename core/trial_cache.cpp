#include "core/trial_cache.h"

#include <cstdlib>
#include <fstream>

#include "core/atomic_file.h"
#include "core/error.h"

namespace lathe {

TrialCache::TrialCache(std::filesystem::path file) : file_(std::move(file)) {
  read();
}

void TrialCache::read() {
  std::ifstream file(file_);
  std::string line;
  while (std::getline(file, line)) {
    const auto tab = line.find('\t');
    if (tab == std::string::npos) continue;
    values_[line.substr(0, tab)] = line.substr(tab + 1);
  }
}

std::optional<std::string> TrialCache::find(const std::string& key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

std::optional<std::string> TrialCache::add(const std::string& key,
                                           const std::string& value) {
  const auto stale = find(key);
  read();
  if (const auto now = find(key); now && now != stale) return now;
  values_[key] = value;
  std::string text;
  for (const auto& [name, known] : values_) text += name + '\t' + known + '\n';
  try {
    std::error_code ignored;
    std::filesystem::create_directories(file_.parent_path(), ignored);
    write_atomically(file_, text);
  } catch (const Error&) {
    values_.erase(key);
    return std::nullopt;
  }
  return value;
}

std::filesystem::path trial_cache_file(std::string_view name) {
  const auto within = [](const char* variable) -> std::filesystem::path {
    const char* const folder = std::getenv(variable);
    return folder == nullptr ? "" : folder;
  };
  std::filesystem::path caches = within("XDG_CACHE_HOME");
  if (caches.empty() && !within("HOME").empty()) {
    caches = within("HOME") / ".cache";
  }
  if (caches.empty()) return {};
  return caches / "lathe" / name;
}

}  // namespace lathe
