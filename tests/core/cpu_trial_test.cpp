#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "core/cpu/trial.h"
#include "tests/support/temporary_folder.h"

namespace lathe::cpu {
namespace {

using testing::TemporaryFolder;

const Signature kSignature{.inputs = {{{4}}}, .outputs = {{{4}}}};

// Kernels of which one sleeps so much longer that no machine is busy enough to
// make it the faster. Counts those that are made.
class Trials : public ::testing::Test {
 protected:
  Candidate candidate(const std::string& name, int milliseconds) {
    return {.name = name, .make = [this, milliseconds] {
              ++made_;
              return Kernel{.run = [milliseconds](const KernelArguments&) {
                std::this_thread::sleep_for(
                    std::chrono::milliseconds(milliseconds));
              }};
            }};
  }

  TemporaryFolder folder_;
  int made_ = 0;
  std::vector<Candidate> candidates_{candidate("slow", 50),
                                     candidate("quick", 0)};
};

TEST_F(Trials, ChooseTheFastestAndRememberIt) {
  TrialCache cache(folder_ / "trials.txt");
  EXPECT_EQ(fastest("a sum", kSignature, candidates_, cache).name, "quick");
  EXPECT_EQ(made_, 2);
  TrialCache later(folder_ / "trials.txt");
  EXPECT_EQ(fastest("a sum", kSignature, candidates_, later).name, "quick");
  EXPECT_EQ(made_, 2) << "what is known was tried again";
}

TEST_F(Trials, KeepProblemsApart) {
  TrialCache cache(folder_ / "trials.txt");
  fastest("a sum", kSignature, candidates_, cache);
  fastest("a product", kSignature, candidates_, cache);
  EXPECT_EQ(made_, 4);
  const Signature larger{.inputs = {{{8}}}, .outputs = {{{8}}}};
  fastest("a sum", larger, candidates_, cache);
  EXPECT_EQ(made_, 6);
}

// Two processes that tried the same go on with what came first.
TEST_F(Trials, AgreeWithOtherProcesses) {
  TrialCache one(folder_ / "trials.txt");
  TrialCache other(folder_ / "trials.txt");
  fastest("a sum", kSignature, candidates_, one);
  const std::vector<Candidate> reversed{candidate("slow", 0),
                                        candidate("quick", 50)};
  EXPECT_EQ(fastest("a sum", kSignature, reversed, other).name, "quick");
}

// As another version had them.
TEST_F(Trials, TryAgainWithOtherCandidates) {
  TrialCache cache(folder_ / "trials.txt");
  candidates_.push_back(candidate("old", 100));
  EXPECT_EQ(fastest("a sum", kSignature, candidates_, cache).name, "quick");
  candidates_.back() = candidate("new", 0);
  candidates_[1] = candidate("quick", 100);
  EXPECT_EQ(fastest("a sum", kSignature, candidates_, cache).name, "new");
}

TEST_F(Trials, TryAgainWhereWhatIsKnownIsNoCandidate) {
  const auto file = folder_ / "trials.txt";
  TrialCache cache(file);
  fastest("a sum", kSignature, candidates_, cache);
  std::string text = testing::read_bytes(file);
  text.replace(text.rfind("quick"), 5, "other");
  testing::write_bytes(file, text);
  TrialCache later(file);
  EXPECT_EQ(fastest("a sum", kSignature, candidates_, later).name, "quick");
  EXPECT_EQ(made_, 4);
}

TEST_F(Trials, TakeTheFirstWhereNothingCanBeKept) {
  testing::write_bytes(folder_ / "file", "");
  TrialCache cache(folder_ / "file" / "trials.txt");
  EXPECT_EQ(fastest("a sum", kSignature, candidates_, cache).name, "slow");
}

}  // namespace
}  // namespace lathe::cpu
