#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "core/tensor.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

namespace lathe::testing {

/// A tensor between two margins that nobody may touch.
class Guarded {
 public:
  explicit Guarded(const TensorSpec& spec)
      : memory_(
            {static_cast<std::int64_t>(aligned(spec.bytes()) + 2 * kMargin)},
            DType::uint8),
        tensor_(spec, memory_.data<std::uint8_t>() + kMargin, nullptr) {
    std::fill_n(memory_.data<std::uint8_t>(), kMargin, kUntouched);
    std::fill_n(end(), margin_bytes(), kUntouched);
    std::memset(tensor_.raw(), 0xFF, spec.bytes());
#ifdef __SANITIZE_ADDRESS__
    __asan_poison_memory_region(memory_.raw(), kMargin);
    __asan_poison_memory_region(end(), margin_bytes());
#endif
  }
  explicit Guarded(const Tensor& tensor) : Guarded(tensor.spec()) {
    tensor_.copy_from(tensor);
  }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  ~Guarded() {
#ifdef __SANITIZE_ADDRESS__
    __asan_unpoison_memory_region(memory_.raw(), memory_.bytes());
#endif
    EXPECT_TRUE(untouched(memory_.data<std::uint8_t>(), kMargin))
        << "written before a tensor " << tensor_.spec();
    EXPECT_TRUE(untouched(end(), margin_bytes()))
        << "written beyond a tensor " << tensor_.spec();
  }

  const Tensor& tensor() const {
    return tensor_;
  }

 private:
  static constexpr std::int64_t kMargin = 4096;
  static constexpr std::uint8_t kUntouched = 0xA5;

  static bool untouched(const std::uint8_t* bytes, std::int64_t count) {
    return std::all_of(bytes, bytes + count,
                       [](std::uint8_t x) { return x == kUntouched; });
  }
  std::uint8_t* end() const {
    return memory_.data<std::uint8_t>() + kMargin + tensor_.bytes();
  }
  std::int64_t margin_bytes() const {
    return memory_.elements() - kMargin -
           static_cast<std::int64_t>(tensor_.bytes());
  }

  Tensor memory_;
  Tensor tensor_;
};

}  // namespace lathe::testing
