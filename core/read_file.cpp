#include "core/read_file.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "core/error.h"

namespace lathe {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path)) {
    fail(path.string(),
         ": can't be opened: ", file ? "it is a folder" : std::strerror(errno));
  }
  std::string bytes;
  std::array<char, 1 << 16> piece;
  while (file.read(piece.data(), piece.size()) || file.gcount() > 0) {
    bytes.append(piece.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad())
    fail(path.string(), ": can't be read: ", std::strerror(errno));
  return bytes;
}

}  // namespace lathe
