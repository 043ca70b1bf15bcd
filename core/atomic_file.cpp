#include "core/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "core/error.h"

namespace lathe {
namespace {

namespace fs = std::filesystem;

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags)
      : path_(path), descriptor_(::open(path.c_str(), flags, 0666)) {
    if (descriptor_ < 0) refuse("opened");
  }
  ~Descriptor() { ::close(descriptor_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  void write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t done = ::write(descriptor_, bytes.data(), bytes.size());
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) refuse("written");
      bytes = bytes.subspan(static_cast<std::size_t>(done));
    }
  }
  void sync() {
    if (::fsync(descriptor_) != 0 && errno != EINVAL) refuse("synced");
  }

 private:
  [[noreturn]] void refuse(std::string_view what) const {
    fail(path_.string(), ": can't be ", what, ": ", std::strerror(errno));
  }

  fs::path path_;
  int descriptor_;
};

// Removed again unless it was renamed.
class Temporary {
 public:
  explicit Temporary(const fs::path& path)
      : path_(path.parent_path() / ("." + path.filename().string() + "." +
                                    std::to_string(::getpid()) + ".partial")) {}
  ~Temporary() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

}  // namespace

void write_atomically(const fs::path& path, std::span<const std::byte> bytes) {
  write_atomically(path, [&](const fs::path& temporary) {
    Descriptor(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC)
        .write(bytes);
  });
}

void write_atomically(const fs::path& path, std::string_view text) {
  write_atomically(path, std::as_bytes(std::span(text.data(), text.size())));
}

void write_atomically(const fs::path& path,
                      const std::function<void(const fs::path&)>& write) {
  const Temporary temporary(path);
  try {
    write(temporary.path());
    Descriptor(temporary.path(), O_RDONLY | O_CLOEXEC).sync();
  } catch (const Error& error) {
    fail(path.string(),
         ": can't be saved; what was there stays: ", error.what());
  }
  if (::rename(temporary.path().c_str(), path.c_str()) != 0) {
    fail(path.string(), ": can't be replaced: ", std::strerror(errno));
  }
  const fs::path folder =
      path.has_parent_path() ? path.parent_path() : fs::path(".");
  Descriptor(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC).sync();
}

}  // namespace lathe
