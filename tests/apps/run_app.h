#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace lathe::testing {

/// How a program ended and what it said.
struct Result {
  int code = -1;
  std::string output;  // both streams
  bool injected = false;
  /// The most memory that it had at once.
  std::int64_t peak_bytes = 0;
};

/// Runs one of the project's programs: its name and options as for a shell.
Result run(const std::string& command);

/// Whether programs can be run with faults: there is strace, and it may trace.
bool can_inject();

/// Runs one in which system calls fail, as strace's expression says, such as
/// "write:error=ENOSPC:when=3" (the third of each thread); only those that
/// concern `path`, if there is one. `injected` of the result says whether one
/// did.
Result run_with_fault(const std::string& fault, const std::string& command,
                      const std::filesystem::path& path = {});

/// Runs one that may take so many KiB of addresses.
Result run_limited(std::int64_t kibibytes, const std::string& command);

/// Runs one, and interrupts it as Ctrl-C does once `sign`, which it writes, is
/// there.
Result interrupt(const std::string& command, const std::filesystem::path& sign);

/// Whether programs can be run as several processes: there is Open MPI's
/// mpirun, and the build found its library.
bool has_mpirun();

/// The same for so many processes of a program, which mpirun starts; it is
/// mpirun that is interrupted.
Result run_among(int processes, const std::string& command);
Result interrupt_among(int processes, const std::string& command,
                       const std::filesystem::path& sign);

/// Expects the exit code and each of the words in what was said.
void expect_mentions(const Result& result, int code,
                     const std::vector<std::string>& words);

/// Step, epoch and loss of every step of a run, a line each, from the steps.csv
/// in its folder.
std::string losses(const std::filesystem::path& folder);

}  // namespace lathe::testing
