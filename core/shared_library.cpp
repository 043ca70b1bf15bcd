#include "core/shared_library.h"

#include <dlfcn.h>

#include "core/error.h"

namespace lathe {

SharedLibrary::SharedLibrary(std::string name, Symbols symbols)
    : name_(std::move(name)),
      handle_(dlopen(
          name_.c_str(),
          RTLD_NOW | (symbols == Symbols::global ? RTLD_GLOBAL : RTLD_LOCAL))) {
  if (handle_ == nullptr) fail("can't open a library: ", dlerror());
}

void* SharedLibrary::address(const char* name) const {
  void* const found = dlsym(handle_, name);
  if (found == nullptr) fail(name_, " has no ", name);
  return found;
}

std::string version_text(std::int64_t version, std::int64_t major,
                         std::int64_t minor) {
  return concat(version / major, ".", version % major / minor, ".",
                version % minor);
}

}  // namespace lathe
