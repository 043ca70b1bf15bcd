#include "tests/apps/run_app.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>

namespace lathe::testing {

Result run(const std::string& command) {
  Result result;
  std::FILE* pipe = popen((LATHE_BIN_DIR "/" + command + " 2>&1").c_str(), "r");
  std::array<char, 4096> piece;
  while (const std::size_t got =
             std::fread(piece.data(), 1, piece.size(), pipe)) {
    result.output.append(piece.data(), got);
  }
  const int status = pclose(pipe);
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  return result;
}

void expect_mentions(const Result& result, int code,
                     const std::vector<std::string>& words) {
  EXPECT_EQ(result.code, code) << result.output;
  for (const std::string& word : words) {
    EXPECT_NE(result.output.find(word), std::string::npos)
        << "'" << word << "' is not in: " << result.output;
  }
}

}  // namespace lathe::testing
