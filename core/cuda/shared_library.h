#pragma once

namespace lathe::cuda {

/// A library of CUDA's, opened when it is first needed, so that a program that
/// can use it starts on machines without it. It stays open.
class SharedLibrary {
 public:
  /// `name` as the dynamic linker knows it ("libcudnn.so.9"). Throws Error with
  /// the linker's words.
  explicit SharedLibrary(const char* name);

  /// Sets a pointer to the function of that name.
  template <class Function>
  void find(Function*& function, const char* name) const {
    function = reinterpret_cast<Function*>(address(name));
  }

 private:
  void* address(const char* name) const;

  const char* name_;
  void* handle_;
};

}  // namespace lathe::cuda
