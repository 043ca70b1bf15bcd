#include "tests/apps/run_app.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include "tests/support/temporary_folder.h"

namespace lathe::testing {

namespace {

std::string alone(const std::string& command) {
  return LATHE_BIN_DIR "/" + command;
}

// As root, and with more processes than cores.
std::string among(int processes, const std::string& command,
                  const std::string& options = "") {
  return "mpirun --allow-run-as-root --oversubscribe --bind-to none " +
         options + "-n " + std::to_string(processes) + " " + alone(command);
}

Result run_line(const std::string& line) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return {};
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
    _exit(127);
  }
  close(ends[1]);
  Result result;
  std::array<char, 4096> piece;
  ssize_t got = 0;
  while ((got = read(ends[0], piece.data(), piece.size())) > 0) {
    result.output.append(piece.data(), static_cast<std::size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  result.peak_bytes = 1024 * std::int64_t{usage.ru_maxrss};
  return result;
}

Result interrupt_line(const std::string& program,
                      const std::filesystem::path& sign) {
  const TemporaryFolder folder;
  const std::filesystem::path log = folder.path() / "out.txt";
  const std::string line = "exec " + program + " >'" + log.string() + "' 2>&1";
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

}  // namespace

Result run(const std::string& command) {
  return run_line(alone(command));
}

Result run_limited(std::int64_t kibibytes, const std::string& command) {
  return run_line("ulimit -v " + std::to_string(kibibytes) + "; " +
                  alone(command));
}

bool can_inject() {
  return run_line("strace -f -o /dev/null true").code == 0;
}

Result run_with_fault(const std::string& fault, const std::string& command,
                      const std::filesystem::path& path) {
  const TemporaryFolder folder;
  const std::string log = (folder / "calls").string();
  const std::string calls = fault.substr(0, fault.find(':'));
  // AddressSanitizer's search for leaks stops processes itself.
  std::string line =
      "ASAN_OPTIONS=detect_leaks=0 strace -f -qq "
      "-o '" +
      log + "' -e trace=" + calls + " -e inject=" + fault;
  if (!path.empty()) line += " -P '" + path.string() + "'";
  Result result = run_line(line + " " + alone(command));
  const std::string traced = read_bytes(log);
  // A process that was killed says nothing, and strace ends as it did.
  constexpr int kKilled = 128;
  result.injected =
      result.code >= kKilled || traced.find("(INJECTED)") != std::string::npos;
  return result;
}

Result interrupt(const std::string& command,
                 const std::filesystem::path& sign) {
  return interrupt_line(alone(command), sign);
}

bool has_mpirun() {
  return std::filesystem::exists(LATHE_BIN_DIR "/liblathe_mpi.so") &&
         run_line("mpirun --version").output.find("Open MPI") !=
             std::string::npos;
}

Result run_among(int processes, const std::string& command) {
  return run_line(among(processes, command));
}

Result interrupt_among(int processes, const std::string& command,
                       const std::filesystem::path& sign) {
  // An interrupt reaches them after these seconds, and as many later they are
  // killed.
  return interrupt_line(
      among(processes, command, "--mca odls_base_sigkill_timeout 4 "), sign);
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
