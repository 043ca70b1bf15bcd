// What this build is made of, and what it finds on this machine.
#include <H5public.h>
#include <jconfig.h>

#include <cstdio>

#include "apps/exit_code.h"
#include "apps/machine.h"
#include "core/cpu/target.h"
#include "core/cuda/report.h"
#include "core/error.h"
#include "core/parallel.h"

namespace lathe::apps {
namespace {

#define LATHE_TEXT_OF(macro) LATHE_TEXT(macro)
#define LATHE_TEXT(text) #text

std::string hdf5_version() {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned release = 0;
  H5get_libversion(&major, &minor, &release);
  return concat(major, ".", minor, ".", release);
}

std::string processor_text() {
  std::string text = concat(processor_name(), ", ", thread_count(),
                            " threads, vectors ", cpu::vector_target());
  if (cpu::has_bfloat16_instructions()) text += ", bfloat16";
  if (cpu::has_tiles()) text += ", tiles";
  return text;
}

int run(int count, char** arguments) {
  if (count > 1) {
    const bool asks = std::string_view(arguments[1]) == "--help";
    std::fputs(
        "lathe_info: prints what this build is made of, and the processor and "
        "the GPUs it finds. It takes no options.\n",
        asks ? stdout : stderr);
    return asks ? ExitCode::done : ExitCode::wrong_usage;
  }
  cuda::Facts facts{{"lathe", lathe_version()},
                    {"compiler", __VERSION__},
                    {"processor", processor_text()},
                    {"oneDNN", onednn_version()},
                    {"HDF5", hdf5_version()},
                    {"libjpeg-turbo", LATHE_TEXT_OF(LIBJPEG_TURBO_VERSION)}};
  const cuda::Facts gpu = cuda::report();
  facts.insert(facts.end(), gpu.begin(), gpu.end());
  for (const auto& [what, answer] : facts) {
    std::printf("%-14s %s\n", what.c_str(), answer.c_str());
  }
  return ExitCode::done;
}

}  // namespace
}  // namespace lathe::apps

int main(int count, char** arguments) {
  using namespace lathe::apps;
  return run_or_explain([&] { return run(count, arguments); });
}
