// Input gradients of windows that move, by a convolution for all phases.
#include <gtest/gtest.h>

#include "core/cpu/convolution.h"
#include "core/cpu/convolution_epilogue.h"
#include "core/error.h"
#include "core/parallel.h"
#include "core/reference/kernels.h"
#include "tests/core/convolution_check.h"
#include "tests/core/convolution_shape.h"
#include "tests/core/kernel_check.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"
#include "tests/support/run_graph.h"

namespace lathe::cpu {
namespace {

using testing::ConvolutionCase;
using testing::kOne;
using testing::kTwo;
using testing::shape_of;
using testing::weight_shape_of;
using testing::window;

// Sums of up to a few hundred products in another order, and in bfloat16 two
// roundings that may fall apart.
double allowed(DType dtype) {
  return dtype == DType::bfloat16 ? 0x1p-7 : 1e-5;
}

void check(const ConvolutionCase& entry, const Epilogue& epilogue) {
  const auto plain = shape_of(entry, DType::float32);
  SCOPED_TRACE(concat(entry.window, " over ", entry.x));
  ASSERT_TRUE(has_phases(plain));
  const graph::ConvolutionInputGradient operation{
      .window = entry.window,
      .channels = entry.x[3],
      .image = plain.image,
      .activation = epilogue.activation,
      .residual = epilogue.residual};
  std::vector<Tensor> inputs{
      testing::random_tensor(plain.result_shape(), DType::float32, 1),
      testing::random_tensor(weight_shape_of(entry), DType::float32, 2)};
  if (epilogue.bias) {
    inputs.push_back(testing::random_tensor({entry.x[3]}, DType::float32, 3));
  }
  if (epilogue.residual) {
    inputs.push_back(testing::random_tensor(entry.x, DType::float32, 4));
  }
  const testing::RoundedValues exact{
      .signature = testing::signature_of(operation, inputs), .inputs = inputs};
  for (const testing::RoundedValues& values :
       {exact, *testing::in_bfloat16(operation, inputs)}) {
    const DType dtype = values.inputs[0].dtype();
    const auto run = [&](const Kernel& kernel) {
      return testing::run_kernel(kernel, values.signature, values.inputs);
    };
    const auto expected =
        run(reference::make_kernel(operation, values.signature));
    const int threads = thread_count();
    std::vector<std::vector<Tensor>> results;
    for (const int count : {1, 2}) {
      set_thread_count(count);
      results.push_back(
          run(phased_input_gradient(shape_of(entry, dtype), epilogue)));
    }
    set_thread_count(threads);
    testing::expect_like(results[0], expected, allowed(dtype));
    testing::expect_identical_all(results[1], results[0], 1);
  }
}

// Windows that are whole numbers of steps and others, that leave rows out or
// begin before the image; samples one by one and several at once.
const std::vector<ConvolutionCase> kMoving{
    {{2, 8, 12, 32}, window({4, 4}, {2, 2}, kOne), 16},
    {{3, 12, 10, 5}, window({3, 3}, {2, 2}, kOne), 7},
    {{1, 11, 9, 24}, window({5, 4}, {2, 3}, kTwo), 8},
    {{2, 13, 9, 16}, window({2, 2}, {2, 2}), 33},
    {{4, 9, 8, 3}, window({3, 2}, {3, 1}, {.top = 2, .left = 1}), 40},
    {{3, 64, 64, 48}, window({4, 4}, {2, 2}, kOne), 16}};

TEST(CpuPhasedGradient, IsThatOfTheReference) {
  for (const auto& entry : kMoving) {
    check(entry, {});
    check(entry, {.bias = true});
  }
}

TEST(CpuPhasedGradient, EndsInWhatFollows) {
  using enum graph::ActivationKind;
  for (const Epilogue& epilogue :
       {Epilogue{.bias = true, .activation = relu},
        Epilogue{.bias = true, .activation = swish}, Epilogue{.residual = true},
        Epilogue{.bias = true, .residual = true, .activation = relu}}) {
    check(kMoving[0], epilogue);
    check(kMoving[1], epilogue);
  }
}

TEST(CpuPhasedGradient, LeavesOtherWindows) {
  for (const ConvolutionCase& entry :
       {ConvolutionCase{{1, 8, 8, 4}, window({3, 3}, {}, kOne), 4},
        ConvolutionCase{{1, 9, 9, 4}, window({3, 3}, {2, 2}, {}, {2, 2}), 4},
        // Pixels between windows meet nothing.
        ConvolutionCase{{1, 8, 8, 4}, window({1, 1}, {2, 2}), 4},
        // Cells before the image.
        ConvolutionCase{
            {1, 8, 8, 4}, window({4, 4}, {2, 2}, {.top = 4, .left = 4}), 4}}) {
    EXPECT_FALSE(has_phases(shape_of(entry, DType::bfloat16)))
        << entry.window << " over " << entry.x;
  }
}

}  // namespace
}  // namespace lathe::cpu
