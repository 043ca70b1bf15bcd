// Convolutions by Winograd's algorithm.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <tuple>

#include "core/cpu/kernels.h"
#include "core/cpu/target.h"
#include "core/cpu/winograd.h"
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
using testing::random_tensor;
using testing::shape_of;
using testing::weight_shape_of;
using testing::window;

// Transforms enlarge what they round: the worst of a hundred thousand results
// was off by five times the tolerance of plain sums, 1e-6 of the largest
// result.
constexpr double kLost = 8;

// Tiles that overhang, that begin before the image or after its border, several
// times of them, in odd numbers; with phases; the third from last with too many
// sums for parts of their own; the last two with so many channels that a
// processor with tiles multiplies by digits.
const std::vector<ConvolutionCase> kByTiles{
    {{2, 9, 8, 16}, window({3, 3}, {}, kOne), 32},
    {{1, 14, 14, 48}, window({3, 3}), 16},
    {{1, 7, 8, 16}, window({3, 3}, {}, kTwo), 16},
    {{1, 16, 15, 16},
     window({3, 3}, {}, {.top = 2, .left = 1, .right = 1}),
     16},
    {{3, 28, 28, 32}, window({3, 3}, {}, kOne), 48},
    {{1, 6, 10, 16}, window({3, 3}, {}, kOne), 16},
    {{2, 8, 8, 32}, window({4, 4}, {2, 2}, kOne), 16},
    {{1, 8, 8, 16}, window({4, 4}, {2, 2}, kOne), 32},
    {{3, 14, 30, 16}, window({4, 4}, {2, 2}, kOne), 32},
    {{1, 13, 12, 64}, window({3, 3}, {}, kOne), 48},
    {{3, 26, 23, 64}, window({3, 3}, {}, kOne), 80},
    {{2, 8, 16, 96}, window({4, 4}, {2, 2}, kOne), 64}};

Tensor of_floats(const Shape& shape, std::uint64_t seed) {
  return random_tensor(shape, DType::float32, seed);
}

TEST(CpuWinograd, MultipliesAtThePoints) {
  for (const auto& entry : kByTiles) {
    if (!is_winograd(shape_of(entry, DType::float32), WinogradTiles::large)) {
      continue;
    }
    testing::check_all_directions(entry, weight_shape_of(entry), kLost);
    testing::check_epilogues(entry, kLost);
  }
}

TEST(CpuWinograd, MultipliesByDigitsWhereThatIsFaster) {
  const auto by_digits = [](std::int64_t channels, std::int64_t filters,
                            bool digits = true) {
    const auto shape =
        shape_of({{1, 8, 8, channels}, window({3, 3}, {}, kOne), filters},
                 DType::float32);
    const Kernel kernel = winograd_convolution(
        shape, {.tiles = WinogradTiles::large, .digits = digits}, {});
    return kernel.implementation == "own:winograd_digits";
  };
  EXPECT_EQ(by_digits(64, 64), has_tiles());
  EXPECT_FALSE(by_digits(48, 64));
  EXPECT_FALSE(by_digits(64, 48));
  EXPECT_FALSE(by_digits(64, 64, false));
}

TEST(CpuWinograd, CanBeSwitchedOff) {
  const graph::Convolution convolution{.window = window({3, 3}, {}, kOne),
                                       .filters = 32};
  Signature signature = testing::signature_of(
      convolution, {of_floats({2, 9, 8, 16}, 1), of_floats({3, 3, 16, 32}, 2)});
  EXPECT_EQ(make_kernel(convolution, signature).implementation, "own:winograd");
  signature.winograd = false;
  EXPECT_NE(make_kernel(convolution, signature).implementation, "own:winograd");
}

// Whatever the tiles that a thread takes at a time.
TEST(CpuWinograd, GivesTheSameBitsWithAnyNumberOfThreads) {
  const int threads = thread_count();
  for (const auto& entry : kByTiles) {
    const auto x = random_tensor(entry.x, DType::float32, 1);
    const auto w = random_tensor(weight_shape_of(entry), DType::float32, 2);
    const graph::Convolution forward{.window = entry.window,
                                     .filters = entry.filters};
    std::vector<std::vector<Tensor>> results;
    for (const int count : {1, 2, 5}) {
      set_thread_count(count);
      const auto signature = testing::signature_of(forward, {x, w});
      auto y = testing::run_kernel(make_kernel(forward, signature), signature,
                                   {x, w});
      const graph::ConvolutionWeightGradient gradient{
          .window = entry.window, .weight_shape = weight_shape_of(entry)};
      const auto back = testing::signature_of(gradient, {x, y[0]});
      auto dw =
          testing::run_kernel(make_kernel(gradient, back), back, {x, y[0]});
      y.push_back(std::move(dw[0]));
      results.push_back(std::move(y));
    }
    set_thread_count(threads);
    for (std::size_t i = 1; i < results.size(); ++i) {
      for (std::size_t k = 0; k < 2; ++k) {
        const auto& [one, other] = std::tie(results[0][k], results[i][k]);
        EXPECT_EQ(std::memcmp(one.raw(), other.raw(), one.bytes()), 0);
      }
    }
  }
}

// The root of the mean square of a tensor's elements, less those of another.
double deviation(const Tensor& tensor, const Tensor* other = nullptr) {
  double sum = 0;
  for (std::int64_t i = 0; i < tensor.shape().elements(); ++i) {
    const double base = other == nullptr ? 0 : testing::element(*other, i);
    const double distance = testing::element(tensor, i) - base;
    sum += distance * distance;
  }
  return std::sqrt(sum / static_cast<double>(tensor.shape().elements()));
}

// Kernels of what is stored in bfloat16, beside float32 convolutions of the
// same values.
class InBfloat16 : public ::testing::TestWithParam<WinogradTiles> {
 protected:
  void SetUp() override {
    if (!has_bfloat16_instructions()) {
      GTEST_SKIP() << "the processor doesn't multiply bfloat16";
    }
  }

  // Large tiles round results once; small ones, what is multiplied: winograd.h.
  double allowed() const {
    return GetParam() == WinogradTiles::large ? 0x1p-9 : 0.005;
  }

  void check(const graph::Operation& operation, const Kernel& kernel,
             const std::vector<Tensor>& inputs) const {
    SCOPED_TRACE(concat(graph::name_of(operation), " of ", inputs[0].shape()));
    const auto rounded = testing::in_bfloat16(operation, inputs);
    const auto run = [&](const Kernel& any) {
      return testing::run_kernel(any, rounded->signature, rounded->inputs)[0];
    };
    const Tensor expected =
        run(reference::make_kernel(operation, rounded->signature));
    const int threads = thread_count();
    set_thread_count(1);
    const Tensor actual = run(kernel);
    set_thread_count(2);
    testing::expect_identical(run(kernel), actual);
    set_thread_count(threads);
    EXPECT_LE(deviation(actual, &expected), allowed() * deviation(expected));
  }
};

TEST_P(InBfloat16, IsNearTheExact) {
  std::size_t checked = 0;
  for (const auto& entry : kByTiles) {
    const auto shape = shape_of(entry, DType::bfloat16);
    if (!is_winograd(shape, {GetParam()})) continue;
    ++checked;
    const Tensor x = of_floats(entry.x, 1);
    const Tensor w = of_floats(weight_shape_of(entry), 2);
    const Tensor dy = of_floats(shape.result_shape(), 3);
    const graph::Convolution forward{.window = entry.window,
                                     .filters = entry.filters};
    check(forward, winograd_convolution(shape, {GetParam()}, {}), {x, w});
    const graph::ConvolutionInputGradient back{
        .window = entry.window, .channels = entry.x[3], .image = shape.image};
    check(back, winograd_input_gradient(shape, {GetParam()}, {}), {dy, w});
    check(
        graph::ConvolutionWeightGradient{
            .window = entry.window, .weight_shape = weight_shape_of(entry)},
        winograd_weight_gradient(shape, {GetParam()}), {x, dy});
  }
  EXPECT_GE(checked, 6U);
}

TEST_P(InBfloat16, EndsInWhatFollows) {
  const ConvolutionCase entry{{2, 8, 12, 32}, window({3, 3}, {}, kOne), 48};
  const auto shape = shape_of(entry, DType::bfloat16);
  const Epilogue epilogue{.bias = true,
                          .residual = true,
                          .activation = graph::ActivationKind::relu};
  const Tensor w = of_floats(weight_shape_of(entry), 2);
  check(graph::Convolution{.window = entry.window,
                           .filters = entry.filters,
                           .activation = epilogue.activation,
                           .residual = true},
        winograd_convolution(shape, {GetParam()}, epilogue),
        {of_floats(entry.x, 1), w, of_floats({48}, 3),
         of_floats(shape.result_shape(), 4)});
  check(graph::ConvolutionInputGradient{.window = entry.window,
                                        .channels = 32,
                                        .image = shape.image,
                                        .activation = epilogue.activation,
                                        .residual = true},
        winograd_input_gradient(shape, {GetParam()}, epilogue),
        {of_floats(shape.result_shape(), 1), w, of_floats({32}, 3),
         of_floats(entry.x, 4)});
}

INSTANTIATE_TEST_SUITE_P(CpuWinograd, InBfloat16,
                         ::testing::Values(WinogradTiles::large,
                                           WinogradTiles::small),
                         [](const auto& kind) {
                           return kind.param == WinogradTiles::large
                                      ? "InLargeTiles"
                                      : "InSmallTiles";
                         });

}  // namespace
}  // namespace lathe::cpu
