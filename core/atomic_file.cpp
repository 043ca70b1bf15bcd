#include "core/atomic_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "core/error.h"

namespace lathe {
namespace {

namespace fs = std::filesystem;

// Does something with a file, and says of what fails whose save it is.
template <class Work>
void saving(const fs::path& path, Work work) {
  try {
    work();
  } catch (const Error& error) {
    fail(path.string(),
         ": can't be saved; what was there stays: ", error.what());
  }
}

}  // namespace

class AtomicFile::Descriptor {
 public:
  Descriptor(const fs::path& path, int flags)
      : path_(path), descriptor_(::open(path.c_str(), flags, 0666)) {
    if (descriptor_ < 0) refuse("opened");
  }
  ~Descriptor() { ::close(descriptor_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  // Waits for whoever has it; a file system without locks has none to wait for.
  void lock() const {
    while (::flock(descriptor_, LOCK_EX) != 0 && errno == EINTR) {
    }
  }
  // Whether the path still leads to this file.
  bool is_at_its_path() const {
    struct stat here {};
    struct stat there {};
    return ::fstat(descriptor_, &here) == 0 &&
           ::stat(path_.c_str(), &there) == 0 && here.st_dev == there.st_dev &&
           here.st_ino == there.st_ino;
  }
  void empty() const {
    if (::ftruncate(descriptor_, 0) != 0) refuse("emptied");
  }
  void write(std::span<const std::byte> bytes) const {
    while (!bytes.empty()) {
      const ssize_t done = ::write(descriptor_, bytes.data(), bytes.size());
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) refuse("written");
      bytes = bytes.subspan(static_cast<std::size_t>(done));
    }
  }
  void sync() const {
    if (::fsync(descriptor_) != 0 && errno != EINVAL) refuse("synced");
  }

 private:
  [[noreturn]] void refuse(std::string_view what) const {
    fail(path_.string(), ": can't be ", what, ": ", std::strerror(errno));
  }

  fs::path path_;
  int descriptor_;
};

AtomicFile::AtomicFile(fs::path path)
    : path_(std::move(path)),
      partial_(path_.parent_path() /
               ("." + path_.filename().string() + ".partial")) {
  saving(path_, [&] {
    // Who had the lock before has renamed or removed what was waited for.
    do {
      file_ = std::make_unique<Descriptor>(partial_,
                                           O_WRONLY | O_CREAT | O_CLOEXEC);
      file_->lock();
    } while (!file_->is_at_its_path());
    file_->empty();
  });
}

AtomicFile::~AtomicFile() {
  if (renamed_) return;
  std::error_code ignored;
  fs::remove(partial_, ignored);
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  saving(path_, [&] { file_->write(bytes); });
}

void AtomicFile::commit() {
  saving(path_, [&] {
    file_->sync();
    renamed_ = ::rename(partial_.c_str(), path_.c_str()) == 0;
    if (!renamed_) {
      fail(path_.string(), ": can't be replaced: ", std::strerror(errno));
    }
  });
  const fs::path folder =
      path_.has_parent_path() ? path_.parent_path() : fs::path(".");
  Descriptor(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC).sync();
}

void write_atomically(const fs::path& path, std::span<const std::byte> bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

void write_atomically(const fs::path& path, std::string_view text) {
  write_atomically(path, std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace lathe
