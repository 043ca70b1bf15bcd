#pragma once

#include <string>

namespace lathe {

/// A library that is opened when it is first needed, so that a program that can
/// use it starts on machines without it. It stays open.
class SharedLibrary {
 public:
  /// Whether what is opened later finds this library's symbols.
  enum class Symbols { local, global };

  /// `name` as the dynamic linker knows it ("libcudnn.so.9"), or a path. Throws
  /// Error with the linker's words.
  explicit SharedLibrary(std::string name, Symbols symbols = Symbols::local);

  /// Sets a pointer to the function of that name.
  template <class Function>
  void find(Function*& function, const char* name) const {
    function = reinterpret_cast<Function*>(address(name));
  }

 private:
  void* address(const char* name) const;

  std::string name_;
  void* handle_;
};

}  // namespace lathe
