#include "core/trial_cache.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "tests/support/temporary_folder.h"

namespace lathe {
namespace {

using namespace std::string_literals;
using testing::TemporaryFolder;
using testing::write_bytes;

TEST(TrialCache, KeepsWhatIsAdded) {
  const TemporaryFolder folder;
  const auto file = folder / "made" / "on the way" / "plans.txt";
  TrialCache cache(file);
  EXPECT_EQ(cache.find("a problem"), std::nullopt);
  EXPECT_EQ(cache.add("a problem", "engine 1"), "engine 1");
  EXPECT_EQ(cache.add("another", "engine 2"), "engine 2");
  EXPECT_EQ(cache.find("a problem"), "engine 1");
  const TrialCache later(file);
  EXPECT_EQ(later.find("a problem"), "engine 1");
  EXPECT_EQ(later.find("another"), "engine 2");
}

// Two processes tried the same problem: both go on with what came first.
TEST(TrialCache, AgreesWithOthersThatWriteTheSameFile) {
  const TemporaryFolder folder;
  TrialCache one(folder / "plans.txt");
  TrialCache other(folder / "plans.txt");
  EXPECT_EQ(one.add("a problem", "engine 1"), "engine 1");
  EXPECT_EQ(other.add("a problem", "engine 2"), "engine 1");
  EXPECT_EQ(other.add("another", "engine 3"), "engine 3");
  EXPECT_EQ(one.add("a third", "engine 4"), "engine 4");
  const TrialCache later(folder / "plans.txt");
  EXPECT_EQ(later.find("a problem"), "engine 1");
  EXPECT_EQ(later.find("another"), "engine 3");
}

// A name of no candidate, from another version or a damaged file.
TEST(TrialCache, ReplacesWhatWasFoundAndIsOfNoUse) {
  const TemporaryFolder folder;
  write_bytes(folder / "plans.txt", "a problem\tnonsense\n");
  TrialCache cache(folder / "plans.txt");
  EXPECT_EQ(cache.find("a problem"), "nonsense");
  EXPECT_EQ(cache.add("a problem", "engine 1"), "engine 1");
  EXPECT_EQ(TrialCache(folder / "plans.txt").find("a problem"), "engine 1");
}

TEST(TrialCache, LeavesOutWhatItCannotRead) {
  const TemporaryFolder folder;
  write_bytes(folder / "plans.txt",
              "\0\x01no line\n\n\t\ngood\tengine 1\nno end"s);
  TrialCache cache(folder / "plans.txt");
  EXPECT_EQ(cache.find("good"), "engine 1");
  EXPECT_EQ(cache.find("no end"), std::nullopt);
}

TEST(TrialCache, SaysWhereNothingCanBeKept) {
  const TemporaryFolder folder;
  write_bytes(folder / "file", "");
  TrialCache cache(folder / "file" / "plans.txt");
  EXPECT_EQ(cache.add("a problem", "engine 1"), std::nullopt);
  EXPECT_EQ(cache.find("a problem"), std::nullopt);
  EXPECT_EQ(TrialCache({}).add("a problem", "engine 1"), std::nullopt);
}

// Sets a variable of the environment, or removes it, for a scope.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* const old = getenv(name)) old_ = old;
    set(value);
  }
  ~Variable() { set(old_ ? old_->c_str() : nullptr); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  void set(const char* value) const {
    if (value == nullptr) {
      unsetenv(name_);
    } else {
      setenv(name_, value, 1);
    }
  }
  const char* name_;
  std::optional<std::string> old_;
};

TEST(TrialCache, IsInTheUsersFolderOfCaches) {
  const Variable home("HOME", "/home/somebody");
  {
    const Variable caches("XDG_CACHE_HOME", "/caches");
    EXPECT_EQ(trial_cache_file("trials.txt"), "/caches/lathe/trials.txt");
  }
  const Variable caches("XDG_CACHE_HOME", nullptr);
  EXPECT_EQ(trial_cache_file("trials.txt"),
            "/home/somebody/.cache/lathe/trials.txt");
  const Variable nowhere("HOME", nullptr);
  EXPECT_EQ(trial_cache_file("trials.txt"), "");
}

}  // namespace
}  // namespace lathe
