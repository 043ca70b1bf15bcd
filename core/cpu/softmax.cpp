#include "core/cpu/kernels.h"
#include "core/cpu/requirements.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/softmax.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/class_rows.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

void softmax(const float* x, std::int64_t classes, float* y) {
  const float inverse = 1 / exponentials(x, classes, y).sum;
  for_vectors(0, classes, [=](auto lanes, std::int64_t c) HWY_ATTR {
    lanes.store(hn::Mul(lanes.load(y + c), all(inverse)), y + c);
  });
}

void softmax_gradient(const float* dy, const float* y, std::int64_t classes,
                      float* dx) {
  Vector sum = all(0);
  for_vectors(0, classes, [&](auto lanes, std::int64_t c) HWY_ATTR {
    sum = hn::MulAdd(lanes.load(dy + c), lanes.load(y + c), sum);
  });
  const Vector total = hn::SumOfLanes(Floats(), sum);
  for_vectors(0, classes, [=](auto lanes, std::int64_t c) HWY_ATTR {
    const Vector difference = hn::Sub(lanes.load(dy + c), total);
    lanes.store(hn::Mul(lanes.load(y + c), difference), dx + c);
  });
}

Kernel make_softmax(const graph::Softmax& operation,
                    const Signature& signature) {
  const Shape& shape = signature.inputs[0].shape;
  require_float32(operation.kName, signature.inputs[0]);
  const std::int64_t classes = shape.back();
  return {.run = [classes, rows = shape.elements() /
                                  classes](const KernelArguments& arguments) {
    const auto* x = arguments.input<float>(0);
    auto* y = arguments.output<float>(0);
    parallel_ranges(rows, row_grain(classes),
                    [=](std::int64_t first, std::int64_t last) {
                      for (std::int64_t row = first; row < last; ++row) {
                        softmax(x + row * classes, classes, y + row * classes);
                      }
                    });
  }};
}

Kernel make_softmax_gradient(const graph::SoftmaxGradient& operation,
                             const Signature& signature) {
  const Shape& shape = signature.inputs[0].shape;
  require_float32(operation.kName, signature.inputs[0]);
  const std::int64_t classes = shape.back();
  return {.run = [classes, rows = shape.elements() /
                                  classes](const KernelArguments& arguments) {
    const auto* dy = arguments.input<float>(0);
    const auto* y = arguments.input<float>(1);
    auto* dx = arguments.output<float>(0);
    parallel_ranges(rows, row_grain(classes),
                    [=](std::int64_t first, std::int64_t last) {
                      for (std::int64_t row = first; row < last; ++row) {
                        softmax_gradient(dy + row * classes, y + row * classes,
                                         classes, dx + row * classes);
                      }
                    });
  }};
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {
LATHE_CPU_KERNEL(Softmax, make_softmax)
LATHE_CPU_KERNEL(SoftmaxGradient, make_softmax_gradient)
}  // namespace lathe::cpu
#endif
