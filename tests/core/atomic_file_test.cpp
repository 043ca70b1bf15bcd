#include "core/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <string>

#include "core/error.h"
#include "tests/support/temporary_folder.h"

namespace lathe {
namespace {

namespace fs = std::filesystem;
using testing::read_bytes;
using testing::TemporaryFolder;

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

// No file may grow beyond so many bytes while this lives, as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes)
      : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

TEST(AtomicFile, IsReplacedAsAWhole) {
  const TemporaryFolder folder;
  const fs::path path = folder / "file.txt";
  write_atomically(path, "first");
  EXPECT_EQ(read_bytes(path), "first");
  write_atomically(path, "the second");
  EXPECT_EQ(read_bytes(path), "the second");
  write_atomically(path, [&](const fs::path& temporary) {
    EXPECT_EQ(temporary.parent_path(), path.parent_path());
    EXPECT_EQ(read_bytes(path), "the second");
    std::ofstream(temporary) << "third";
  });
  EXPECT_EQ(read_bytes(path), "third");
  EXPECT_EQ(files_in(folder.path()), 1);
}

TEST(AtomicFile, OldContentSurvivesAFullDisk) {
  const TemporaryFolder folder;
  const fs::path path = folder / "file.txt";
  write_atomically(path, "old");
  std::string error;
  {
    const FileSizeLimit limit(1000);
    try {
      write_atomically(path, std::string(5000, 'x'));
    } catch (const Error& caught) {
      error = caught.what();
    }
  }
  EXPECT_NE(error.find(path.string()), std::string::npos) << error;
  EXPECT_EQ(read_bytes(path), "old");
  EXPECT_EQ(files_in(folder.path()), 1);
}

TEST(AtomicFile, OldContentSurvivesAFailingWriter) {
  const TemporaryFolder folder;
  const fs::path path = folder / "file.txt";
  write_atomically(path, "old");
  EXPECT_THROW(write_atomically(path,
                                [](const fs::path& temporary) {
                                  std::ofstream(temporary) << "half";
                                  fail("no more");
                                }),
               Error);
  // A writer that writes nothing leaves nothing to rename.
  EXPECT_THROW(write_atomically(path, [](const fs::path&) {}), Error);
  EXPECT_EQ(read_bytes(path), "old");
  EXPECT_EQ(files_in(folder.path()), 1);
}

TEST(AtomicFile, MissingFolderIsAnError) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "none" / "file.txt";
  try {
    write_atomically(path, "text");
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(path.string()), std::string::npos);
  }
}

}  // namespace
}  // namespace lathe
