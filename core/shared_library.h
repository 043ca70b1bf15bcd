#pragma once

#include <cstdint>
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

/// "9.10.2" of 91002 where a major version is worth 10000 and a minor one 100.
std::string version_text(std::int64_t version, std::int64_t major,
                         std::int64_t minor);

}  // namespace lathe
