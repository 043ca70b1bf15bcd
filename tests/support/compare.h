#pragma once

#include "core/tensor.h"

namespace lathe::testing {

/// Fails the test, naming the worst elements, unless types and shapes agree and
/// |actual - expected| <= absolute + relative |expected| everywhere; NaN is
/// never close.
void expect_close(const Tensor& actual, const Tensor& expected, double relative,
                  double absolute);

/// Fails the test unless types, shapes and every bit agree.
void expect_identical(const Tensor& actual, const Tensor& expected);

/// The largest magnitude in a tensor, to state an absolute tolerance with.
double largest(const Tensor& tensor);

/// Element i of a tensor of any type.
double element(const Tensor& tensor, std::int64_t i);

/// "(1, 2, 0)": the place of element i in a tensor of that shape.
std::string place_in(const Shape& shape, std::int64_t i);

}  // namespace lathe::testing
