// Every file of the corpus, among them all that a fuzzer found, is read or
// refused.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/fuzz/targets.h"
#include "tests/support/temporary_folder.h"

namespace lathe::fuzz {
namespace {

class Corpus : public ::testing::TestWithParam<Target> {};

TEST_P(Corpus, IsReadOrRefused) {
  const Target& target = GetParam();
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(LATHE_FUZZ_CORPUS) / target.name)) {
    SCOPED_TRACE(entry.path());
    const std::string bytes = testing::read_bytes(entry.path());
    EXPECT_NO_THROW(target.run(
        {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}));
    ++files;
  }
  EXPECT_GT(files, 1);
}

INSTANTIATE_TEST_SUITE_P(
    Fuzz, Corpus, ::testing::ValuesIn(targets().begin(), targets().end()),
    [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace lathe::fuzz
