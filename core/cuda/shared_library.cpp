#include "core/cuda/shared_library.h"

#include <dlfcn.h>

#include "core/error.h"

namespace lathe::cuda {

SharedLibrary::SharedLibrary(const char* name)
    : name_(name), handle_(dlopen(name, RTLD_NOW | RTLD_LOCAL)) {
  if (handle_ == nullptr) fail("cuda: can't open a library: ", dlerror());
}

void* SharedLibrary::address(const char* name) const {
  void* const found = dlsym(handle_, name);
  if (found == nullptr) fail("cuda: ", name_, " has no ", name);
  return found;
}

}  // namespace lathe::cuda
