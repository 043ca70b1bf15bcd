#include "apps/machine.h"

#include <dnnl_version.h>

#include <fstream>

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

std::string versions_json() {
  const std::string onednn = std::to_string(DNNL_VERSION_MAJOR) + "." +
                             std::to_string(DNNL_VERSION_MINOR) + "." +
                             std::to_string(DNNL_VERSION_PATCH);
  return R"({"lathe": ")" LATHE_VERSION R"(", "oneDNN": ")" + onednn +
         R"(", "compiler": ")" __VERSION__ R"("})";
}

}  // namespace lathe::apps
