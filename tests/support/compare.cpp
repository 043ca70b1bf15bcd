#include "tests/support/compare.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <sstream>

namespace lathe::testing {
namespace {

// How far beyond its tolerance a difference is; NaN counts as infinitely far.
double excess(double actual, double expected, double relative,
              double absolute) {
  if (actual == expected) return 0;
  const double tolerance = absolute + relative * std::abs(expected);
  const double difference = std::abs(actual - expected);
  if (difference <= tolerance) return 0;
  return std::isfinite(difference) ? difference / tolerance : INFINITY;
}

}  // namespace

double element(const Tensor& tensor, std::int64_t i) {
  const auto at = static_cast<std::size_t>(i);
  switch (tensor.dtype()) {
    case DType::float32:
      return tensor.values<float>()[at];
    case DType::float64:
      return tensor.values<double>()[at];
    case DType::bfloat16:
      return tensor.values<BFloat16>()[at];
    case DType::uint8:
      return tensor.values<std::uint8_t>()[at];
    case DType::int32:
      return tensor.values<std::int32_t>()[at];
    case DType::int64:
      return static_cast<double>(tensor.values<std::int64_t>()[at]);
  }
  return NAN;
}

std::string place_in(const Shape& shape, std::int64_t i) {
  Shape place = shape;
  for (std::size_t axis = shape.rank(); axis-- > 0;) {
    place[axis] = i % shape[axis];
    i /= shape[axis];
  }
  return to_string(place);
}

double largest(const Tensor& tensor) {
  double result = 0;
  for (std::int64_t i = 0; i < tensor.elements(); ++i) {
    result = std::max(result, std::abs(element(tensor, i)));
  }
  return result;
}

void expect_close(const Tensor& actual, const Tensor& expected, double relative,
                  double absolute) {
  ASSERT_EQ(actual.spec(), expected.spec());
  std::int64_t wrong = 0;
  std::int64_t worst = 0;
  double worst_excess = 0;
  std::ostringstream first;
  for (std::int64_t i = 0; i < actual.elements(); ++i) {
    const double a = element(actual, i);
    const double e = element(expected, i);
    const double by = excess(a, e, relative, absolute);
    if (by == 0) continue;
    if (++wrong <= 4) {
      first << "\n  at " << place_in(actual.shape(), i) << ": " << a
            << ", expected " << e;
    }
    if (by > worst_excess) {
      worst_excess = by;
      worst = i;
    }
  }
  if (wrong == 0) return;
  ADD_FAILURE() << wrong << " of " << actual.elements() << " elements of "
                << actual.spec() << " differ by more than " << absolute << " + "
                << relative << " |expected|; the first:" << first.str()
                << "\nthe worst, at " << place_in(actual.shape(), worst) << ": "
                << element(actual, worst) << ", expected "
                << element(expected, worst) << " (" << worst_excess
                << " tolerances)";
}

void expect_identical(const Tensor& actual, const Tensor& expected) {
  ASSERT_EQ(actual.spec(), expected.spec());
  if (std::memcmp(actual.raw(), expected.raw(), actual.bytes()) == 0) return;
  std::int64_t i = 0;
  while (i + 1 < actual.elements() &&
         element(actual, i) == element(expected, i)) {
    ++i;
  }
  ADD_FAILURE() << actual.spec() << " differs, first at "
                << place_in(actual.shape(), i) << ": " << element(actual, i)
                << ", expected " << element(expected, i);
}

}  // namespace lathe::testing
