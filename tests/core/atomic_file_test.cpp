#include "core/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

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

TEST(AtomicFile, WhatAKilledSaveLeftIsTakenOver) {
  const TemporaryFolder folder;
  const fs::path path = folder / "file.txt";
  write_atomically(path, "old");
  const std::string large(std::size_t{1} << 22, 'x');
  // A few of these are hit while they write.
  for (int microseconds = 100; microseconds < 20000; microseconds *= 2) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      while (true) write_atomically(path, large);
    }
    usleep(static_cast<useconds_t>(microseconds));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    const std::string content = read_bytes(path);
    EXPECT_TRUE(content == "old" || content == large) << content.size();
    EXPECT_LE(files_in(folder.path()), 2);
  }
  testing::write_bytes(folder / ".file.txt.partial", "much longer than new");
  write_atomically(path, "new");
  EXPECT_EQ(read_bytes(path), "new");
  EXPECT_EQ(files_in(folder.path()), 1);
}

TEST(AtomicFile, SavesAtTheSameTimeWaitForEachOther) {
  const TemporaryFolder folder;
  const fs::path path = folder / "file.txt";
  const auto content = [](int writer) {
    return std::string(static_cast<std::size_t>(1000 * writer),
                       static_cast<char>('a' + writer));
  };
  std::vector<pid_t> children;
  for (int writer = 1; writer <= 3; ++writer) {
    children.push_back(fork());
    ASSERT_GE(children.back(), 0);
    if (children.back() == 0) {
      for (int i = 0; i < 30; ++i) write_atomically(path, content(writer));
      _exit(0);
    }
  }
  for (const pid_t child : children) {
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    // Nobody's file was taken away before it could be renamed.
    EXPECT_EQ(status, 0);
    const std::string seen = read_bytes(path);
    ASSERT_FALSE(seen.empty());
    EXPECT_EQ(seen, content(seen[0] - 'a'));
  }
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
