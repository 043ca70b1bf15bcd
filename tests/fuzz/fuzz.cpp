// What libFuzzer calls: the target that the environment names as LATHE_FUZZ.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/targets.h"

namespace {

const lathe::fuzz::Target& chosen() {
  const char* const name = std::getenv("LATHE_FUZZ");
  const auto all = lathe::fuzz::targets();
  const auto found = std::ranges::find(all, name == nullptr ? "" : name,
                                       &lathe::fuzz::Target::name);
  if (found == all.end()) {
    std::fprintf(stderr, "LATHE_FUZZ names none of");
    for (const auto& target : all) {
      std::fprintf(stderr, " %s", target.name.data());
    }
    std::fprintf(stderr, "\n");
    std::exit(2);
  }
  return *found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  static const lathe::fuzz::Target& target = chosen();
  target.run({data, size});
  return 0;
}
