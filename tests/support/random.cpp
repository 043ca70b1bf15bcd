#include "tests/support/random.h"

#include "core/error.h"
#include "core/philox.h"

namespace lathe::testing {
namespace {

template <class T, class Draw>
void fill(const Tensor& tensor, Draw draw) {
  for (T& value : tensor.values<T>()) value = static_cast<T>(draw());
}

}  // namespace

Tensor random_tensor(Shape shape, DType dtype, std::uint64_t seed, double low,
                     double high) {
  Tensor tensor(std::move(shape), dtype);
  Philox random({.seed = seed});
  const auto draw = [&] { return low + (high - low) * random.uniform(); };
  if (dtype == DType::float32) {
    fill<float>(tensor, draw);
  } else if (dtype == DType::bfloat16) {
    for (BFloat16& value : tensor.values<BFloat16>()) {
      value = BFloat16(static_cast<float>(draw()));
    }
  } else {
    fill<double>(tensor, draw);
  }
  return tensor;
}

Tensor random_integers(Shape shape, DType dtype, std::uint64_t seed,
                       std::uint32_t count) {
  Tensor tensor(std::move(shape), dtype);
  Philox random({.seed = seed});
  const auto draw = [&] { return random.below(count); };
  switch (dtype) {
    case DType::uint8:
      fill<std::uint8_t>(tensor, draw);
      break;
    case DType::int32:
      fill<std::int32_t>(tensor, draw);
      break;
    case DType::int64:
      fill<std::int64_t>(tensor, draw);
      break;
    case DType::float32:
    case DType::float64:
    case DType::bfloat16:
      fail("random_integers: makes integers and was asked for ", dtype);
  }
  return tensor;
}

}  // namespace lathe::testing
