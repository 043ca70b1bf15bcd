#include "apps/machine.h"

#include <dnnl.h>

#include "core/cpu/target.h"
#include "core/error.h"

namespace lathe::apps {

std::string processor_name() {
  return cpu::processor_info("model name");
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
