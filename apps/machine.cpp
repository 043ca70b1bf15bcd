#include "apps/machine.h"

#include <dnnl.h>

#include <fstream>

#include "core/error.h"

namespace lathe::apps {

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    const std::size_t colon = line.find(':');
    if (line.starts_with("model name") && colon != std::string::npos) {
      return line.substr(std::min(colon + 2, line.size()));
    }
  }
  return "unknown";
}

std::string lathe_version() {
  return LATHE_VERSION;
}

std::string onednn_version() {
  const dnnl_version_t* const version = dnnl_version();
  return concat(version->major, ".", version->minor, ".", version->patch);
}

std::string versions_json() {
  return R"({"lathe": ")" LATHE_VERSION R"(", "oneDNN": ")" + onednn_version() +
         R"(", "compiler": ")" __VERSION__ R"("})";
}

}  // namespace lathe::apps
