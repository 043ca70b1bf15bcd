#include "core/folder_lock.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <optional>

#include "core/error.h"
#include "tests/support/temporary_folder.h"

namespace lathe {
namespace {

TEST(FolderLock, IsForOneAtATime) {
  const testing::TemporaryFolder folder;
  std::optional<FolderLock> first(folder.path());
  EXPECT_THROW(FolderLock{folder.path()}, Error);
  first.reset();
  EXPECT_NO_THROW(FolderLock{folder.path()});
  EXPECT_THROW(FolderLock{folder.path() / "missing"}, Error);
}

TEST(FolderLock, EndsWithItsProcess) {
  const testing::TemporaryFolder folder;
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const FolderLock lock(folder.path());
    const bool said = write(ready[1], "x", 1) == 1;
    while (said) pause();
    _exit(1);
  }
  char letter = 0;
  ASSERT_EQ(read(ready[0], &letter, 1), 1);
  EXPECT_THROW(FolderLock{folder.path()}, Error);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_NO_THROW(FolderLock{folder.path()});
}

}  // namespace
}  // namespace lathe
