#include "tests/core/kernel_check.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/support/compare.h"

namespace lathe::testing {

void expect_like(const std::vector<Tensor>& actual,
                 const std::vector<Tensor>& expected, double tolerance) {
  for (std::size_t i = 0; i < actual.size(); ++i) {
    SCOPED_TRACE(concat("result ", i));
    const bool floating = expected[i].dtype() == DType::float32;
    const double allowed = floating ? tolerance : 0;
    expect_close(actual[i], expected[i], allowed,
                 allowed * largest(expected[i]));
  }
}

void expect_identical_all(const std::vector<Tensor>& actual,
                          const std::vector<Tensor>& expected,
                          std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    SCOPED_TRACE(concat("result ", i));
    expect_identical(actual[i], expected[i]);
  }
}

}  // namespace lathe::testing
