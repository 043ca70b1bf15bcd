#include "tests/apps/run_app.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <thread>

#include "tests/support/temporary_folder.h"

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

Result interrupt(const std::string& command,
                 const std::filesystem::path& sign) {
  const TemporaryFolder folder;
  const std::filesystem::path log = folder.path() / "out.txt";
  const std::string line =
      "exec " LATHE_BIN_DIR "/" + command + " >'" + log.string() + "' 2>&1";
  const pid_t child = fork();
  if (child == 0) {
    execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
    _exit(127);
  }
  int status = 0;
  while (!std::filesystem::exists(sign)) {
    if (waitpid(child, &status, WNOHANG) != 0) {
      return {.output = "ended by itself: " + read_bytes(log)};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  kill(child, SIGINT);
  waitpid(child, &status, 0);
  return {.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128,
          .output = read_bytes(log)};
}

void expect_mentions(const Result& result, int code,
                     const std::vector<std::string>& words) {
  EXPECT_EQ(result.code, code) << result.output;
  for (const std::string& word : words) {
    EXPECT_NE(result.output.find(word), std::string::npos)
        << "'" << word << "' is not in: " << result.output;
  }
}

std::string losses(const std::filesystem::path& folder) {
  std::ifstream rows(folder / "steps.csv");
  std::string result;
  for (std::string line; std::getline(rows, line);) {
    // Behind these three are times.
    std::size_t end = 0;
    for (int i = 0; i < 3; ++i) end = line.find(',', end + 1);
    result += line.substr(0, end) + "\n";
  }
  return result;
}

}  // namespace lathe::testing
