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

}  // namespace lathe
