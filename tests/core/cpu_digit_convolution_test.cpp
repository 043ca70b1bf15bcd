// Convolutions of single pixels by products of digits.
#include <gtest/gtest.h>

#include <vector>

#include "core/cpu/convolution.h"
#include "core/cpu/convolution_epilogue.h"
#include "core/cpu/kernels.h"
#include "core/error.h"
#include "core/parallel.h"
#include "core/reference/kernels.h"
#include "tests/core/convolution_check.h"
#include "tests/core/convolution_shape.h"
#include "tests/core/kernel_check.h"
#include "tests/core/skip_without_tiles.h"
#include "tests/support/random.h"
#include "tests/support/run_graph.h"

namespace lathe::cpu {
namespace {

using testing::ConvolutionCase;
using testing::kFloat;
using testing::kOne;
using testing::random_tensor;
using testing::shape_of;
using testing::window;

// Each is off by 6e-7 of the results' standard deviation at the most, which is
// 7 for sums of 480, the worst of some thousands by four times that.
constexpr double kTolerance = 1.5e-5;

// The same as the reference's, and the same bits with one thread and with two.
void check_kernels(const graph::Operation& operation,
                   const std::vector<Tensor>& inputs,
                   const std::function<Kernel()>& make) {
  const Signature signature = testing::signature_of(operation, inputs);
  const auto expected = testing::run_kernel(
      reference::make_kernel(operation, signature), signature, inputs);
  const int threads = thread_count();
  std::vector<std::vector<Tensor>> results;
  for (const int count : {1, 2}) {
    set_thread_count(count);
    results.push_back(testing::run_kernel(make(), signature, inputs));
  }
  set_thread_count(threads);
  testing::expect_like(results[0], expected, kTolerance);
  testing::expect_identical_all(results[1], results[0], 1);
}

void check_directions(const ConvolutionCase& entry,
                      std::optional<SampleBias> sample_bias,
                      const Epilogue& epilogue) {
  const auto shape = shape_of(entry, kFloat);
  SCOPED_TRACE(concat(entry.x, " to ", entry.filters));
  ASSERT_TRUE(has_digit_products(shape));
  const std::int64_t batch = entry.x[0];
  const Shape weights = sample_bias
                            ? Shape{batch, 1, 1, entry.x[3], entry.filters}
                            : Shape{1, 1, entry.x[3], entry.filters};
  const auto inputs_for = [&](const Shape& from, const Shape& to) {
    std::vector<Tensor> inputs{random_tensor(from, kFloat, 1),
                               random_tensor(weights, kFloat, 2)};
    if (epilogue.bias) {
      inputs.push_back(random_tensor(sample_bias == SampleBias::own
                                         ? Shape{batch, 1, 1, to[3]}
                                         : Shape{to[3]},
                                     kFloat, 3));
    }
    if (epilogue.residual) inputs.push_back(random_tensor(to, kFloat, 4));
    return inputs;
  };
  check_kernels(graph::Convolution{.window = entry.window,
                                   .filters = entry.filters,
                                   .activation = epilogue.activation,
                                   .residual = epilogue.residual},
                inputs_for(entry.x, shape.result_shape()), [&] {
                  return digit_convolution(shape, sample_bias, epilogue);
                });
  check_kernels(
      graph::ConvolutionInputGradient{.window = entry.window,
                                      .channels = entry.x[3],
                                      .image = shape.image,
                                      .activation = epilogue.activation,
                                      .residual = epilogue.residual},
      inputs_for(shape.result_shape(), entry.x),
      [&] { return digit_input_gradient(shape, sample_bias, epilogue); });
}

// Pixels of whole pieces and not, of several tasks and of less than one.
TEST(CpuDigitConvolution, ComputesConvolutionsOfSinglePixels) {
  SKIP_WITHOUT_TILES();
  using enum graph::ActivationKind;
  for (const ConvolutionCase& entry :
       {ConvolutionCase{{3, 14, 14, 112}, window({1, 1}), 150},
        ConvolutionCase{{2, 7, 7, 480}, window({1, 1}), 50},
        ConvolutionCase{{1, 5, 7, 65}, window({1, 1}), 258}}) {
    check_directions(entry, {}, {});
    check_directions(entry, {}, {.bias = true, .activation = swish});
    check_directions(entry, {}, {.residual = true, .activation = relu});
    check_directions(entry, SampleBias::none, {});
    check_directions(entry, SampleBias::shared,
                     {.bias = true, .residual = true});
    check_directions(entry, SampleBias::own,
                     {.bias = true, .activation = sigmoid});
  }
}

TEST(CpuDigitConvolution, IsOfFloat32AndSinglePixels) {
  const ConvolutionCase entry{{2, 8, 8, 256}, window({1, 1}), 256};
  EXPECT_FALSE(has_digit_products(shape_of(entry, DType::bfloat16)));
  EXPECT_FALSE(has_digit_products(
      shape_of({{2, 8, 8, 256}, window({3, 3}, {}, kOne), 256}, kFloat)));
}

TEST(CpuDigitConvolution, CanBeSwitchedOff) {
  SKIP_WITHOUT_TILES();
  const graph::Convolution convolution{.window = window({1, 1}),
                                       .filters = 256};
  Signature signature = testing::signature_of(
      convolution, {random_tensor({1, 8, 8, 256}, kFloat, 1),
                    random_tensor({1, 1, 256, 256}, kFloat, 2)});
  EXPECT_EQ(make_kernel(convolution, signature).implementation, "digits");
  signature.digits = false;
  EXPECT_NE(make_kernel(convolution, signature).implementation, "digits");
}

// Whole blocks of pixels and not, of several threads and of one.
TEST(CpuDigitConvolution, ComputesWeightGradientsOfSinglePixels) {
  SKIP_WITHOUT_TILES();
  for (const ConvolutionCase& entry :
       {ConvolutionCase{{3, 14, 14, 112}, window({1, 1}), 150},
        ConvolutionCase{{2, 16, 16, 64}, window({1, 1}), 256},
        ConvolutionCase{{1, 5, 7, 258}, window({1, 1}), 65}}) {
    SCOPED_TRACE(concat(entry.x, " to ", entry.filters));
    const auto shape = shape_of(entry, kFloat);
    const graph::ConvolutionWeightGradient operation{
        .window = entry.window,
        .weight_shape = {1, 1, entry.x[3], entry.filters}};
    const std::vector<Tensor> inputs{
        random_tensor(entry.x, kFloat, 1),
        random_tensor(shape.result_shape(), kFloat, 2)};
    const Signature signature = testing::signature_of(operation, inputs);
    const auto expected = testing::run_kernel(
        reference::make_kernel(operation, signature), signature, inputs);
    const int threads = thread_count();
    for (const int count : {1, 2, 3}) {
      set_thread_count(count);
      testing::expect_like(
          testing::run_kernel(digit_weight_gradient(shape), signature, inputs),
          expected, kTolerance);
    }
    set_thread_count(threads);
  }
}

}  // namespace
}  // namespace lathe::cpu
