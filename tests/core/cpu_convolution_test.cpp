#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <tuple>

#include "core/cpu/kernels.h"
#include "core/cpu/winograd.h"
#include "core/error.h"
#include "core/parallel.h"
#include "tests/core/kernel_check.h"
#include "tests/support/random.h"
#include "tests/support/run_graph.h"

namespace lathe::graph {
namespace {

using testing::check_kernel;
using testing::random_tensor;

constexpr auto kFloat = DType::float32;

// Two float32 sums of K products in different orders: their rounding errors
// add up like a random walk of K steps, each half a unit of the last place of
// a partial sum, which the largest results bound; four deviations.
double tolerance(std::int64_t products) {
  return 4 * std::ldexp(1.0, -24) * std::sqrt(static_cast<double>(products));
}

struct Case {
  Shape x;
  Window2D window;
  std::int64_t filters;
  std::int64_t groups = 1;
};

Window2D window(Size2D kernel, Size2D strides = {}, Padding2D padding = {},
                Size2D dilation = {}) {
  return {.kernel = kernel,
          .strides = strides,
          .dilation = dilation,
          .padding = padding};
}

constexpr Padding2D kOne{.top = 1, .bottom = 1, .left = 1, .right = 1};
constexpr Padding2D kTwo{.top = 2, .bottom = 2, .left = 2, .right = 2};
constexpr Padding2D kAfter{.bottom = 1, .right = 1};

// Winograd's transforms enlarge what they round: the worst of a hundred
// thousand results was off by five times the tolerance of plain sums, 1e-6 of
// the largest result.
constexpr double kWinograd = 8;

// The weights are drawn in `weight_shape`. `scale`: of the tolerance.
void check_all_directions(const Case& entry, const Shape& weight_shape,
                          double scale = 1) {
  const auto& [shape, window, filters, groups] = entry;
  const Convolution forward{
      .window = window, .groups = groups, .filters = filters};
  const auto x = random_tensor(shape, kFloat, 1);
  const auto w = random_tensor(weight_shape, kFloat, 2);
  const auto size =
      window.output_size("the test", {.height = shape[1], .width = shape[2]});
  const auto dy =
      random_tensor({shape[0], size.height, size.width, filters}, kFloat, 3);
  const std::int64_t taps = window.kernel.height * window.kernel.width;

  const double allowed = scale * tolerance(taps * shape[3] / groups);
  check_kernel(forward, {x, w}, allowed);
  check_kernel(forward, {x, w, random_tensor({filters}, kFloat, 4)}, allowed);

  const ConvolutionInputGradient input_gradient{
      .window = window,
      .groups = groups,
      .channels = shape[3],
      .image = {.height = shape[1], .width = shape[2]}};
  const double allowed_back = scale * tolerance(taps * filters / groups);
  check_kernel(input_gradient, {dy, w}, allowed_back);
  check_kernel(input_gradient, {dy, w, random_tensor({shape[3]}, kFloat, 5)},
               allowed_back);

  check_kernel(
      ConvolutionWeightGradient{
          .window = window, .groups = groups, .weight_shape = weight_shape},
      {x, dy}, scale * tolerance(shape[0] * size.height * size.width));
}

Shape weight_shape_of(const Case& entry) {
  return {entry.window.kernel.height, entry.window.kernel.width,
          entry.x[3] / entry.groups, entry.filters};
}

void check_all_directions(const Case& entry) {
  check_all_directions(entry, weight_shape_of(entry));
}

TEST(CpuConvolution, AgreesWithTheReference) {
  const std::vector<Case> cases{
      {{2, 9, 8, 16}, window({3, 3}, {}, kOne), 32},
      {{1, 7, 11, 5}, window({3, 3}, {}, kOne), 7},
      {{2, 12, 12, 3}, window({3, 3}, {2, 2}, kAfter), 32},
      {{3, 8, 6, 24}, window({1, 1}), 40},
      {{2, 9, 9, 20}, window({1, 1}, {2, 2}), 33},
      {{1, 10, 13, 6}, window({5, 3}, {2, 3}, {.top = 2, .left = 1}), 9},
      {{2, 11, 9, 8}, window({3, 3}, {}, kTwo, {2, 2}), 16},
      {{1, 12, 14, 7}, window({3, 2}, {2, 1}, {.bottom = 3}, {2, 3}), 5},
      {{2, 8, 8, 32}, window({4, 4}, {2, 2}, kOne), 16},
      {{1, 1, 1, 19}, window({1, 1}), 6},
      // Rows and columns at the end that no window reaches.
      {{2, 8, 9, 16}, window({2, 2}, {3, 4}), 16}};
  for (const auto& entry : cases) check_all_directions(entry);
}

TEST(CpuConvolution, KeepsGroupsApart) {
  const std::vector<Case> cases{
      {{2, 7, 8, 32}, window({3, 3}, {}, kOne), 32, 2},
      {{1, 9, 7, 12}, window({3, 3}, {2, 2}, kAfter), 18, 3},
      {{2, 6, 6, 10}, window({1, 1}), 15, 5}};
  for (const auto& entry : cases) check_all_directions(entry);
}

TEST(CpuConvolution, FiltersChannelByChannel) {
  const std::vector<Case> cases{
      {{2, 9, 8, 32}, window({3, 3}, {}, kOne), 32, 32},
      {{1, 8, 10, 19}, window({3, 3}, {2, 2}, kAfter), 19, 19},
      {{2, 14, 14, 40}, window({5, 5}, {}, kTwo), 40, 40},
      {{3, 12, 11, 70}, window({5, 5}, {2, 2}, kTwo), 70, 70},
      {{2, 4, 3, 16}, window({5, 5}, {}, kTwo), 16, 16},
      {{35, 6, 5, 9}, window({3, 7}, {1, 2}, {.left = 5, .right = 3}), 9, 9},
      {{2, 15, 16, 130}, window({2, 4}, {2, 3}, kOne, {3, 2}), 130, 130},
      // Several tiles of a row, whole ones and a last one cut.
      {{2, 7, 23, 21}, window({3, 3}, {}, kOne), 21, 21},
      {{1, 16, 30, 37}, window({3, 3}, {2, 2}, kAfter), 37, 37},
      {{2, 9, 31, 11},
       window({5, 5}, {2, 2}, {.top = 1, .bottom = 2, .left = 1, .right = 2}),
       11,
       11},
      {{1, 8, 16, 3}, window({3, 3}, {2, 2}, {.left = 1}), 3, 3},
      // More channels than are computed in turn.
      {{1, 7, 9, 300}, window({5, 5}, {}, kTwo), 300, 300},
      // Windows that miss the image.
      {{1, 6, 20, 8},
       window({5, 5}, {}, {.top = 6, .bottom = 1, .left = 7, .right = 5}),
       8,
       8},
      {{2, 8, 7, 6}, window({3, 3}, {}, kOne), 12, 6},
      {{1, 9, 9, 5}, window({5, 5}, {2, 2}, kTwo), 15, 5}};
  for (const auto& entry : cases) {
    check_all_directions(entry,
                         {entry.window.kernel.height, entry.window.kernel.width,
                          entry.groups, entry.filters / entry.groups});
  }
}

TEST(CpuConvolution, ComputesFewFilters) {
  const std::vector<Case> cases{
      {{2, 9, 21, 32}, window({3, 3}, {}, kOne), 1},
      {{2, 9, 21, 32}, window({3, 3}, {}, kOne), 2},
      {{2, 9, 21, 32}, window({3, 3}, {}, kOne), 3},
      {{2, 9, 21, 32}, window({3, 3}, {}, kOne), 4},
      {{1, 6, 5, 7}, window({1, 1}), 1},
      {{3, 11, 10, 21}, window({3, 5}, {2, 1}, kTwo, {2, 1}), 1},
      {{1, 12, 37, 5}, window({5, 4}, {1, 3}, kTwo), 3},
      // Every window is wider than the image, and some miss it.
      {{2, 5, 2, 18}, window({3, 5}, {1, 1}, {.left = 6, .right = 7}), 2},
      {{70, 2, 3, 3}, window({2, 2}), 4},
      {{16, 1, 1, 96}, window({1, 1}), 4},
      {{1, 8, 9, 16}, window({3, 3}, {}, kTwo, {2, 2}), 1}};
  for (const auto& entry : cases) check_all_directions(entry);
}

// Both directions with everything that may follow the sums.
void check_epilogues(const Case& entry, double scale = 1) {
  const auto& [shape, window, filters, groups] = entry;
  const auto size =
      window.output_size("the test", {.height = shape[1], .width = shape[2]});
  const Shape result{shape[0], size.height, size.width, filters};
  const std::int64_t taps = window.kernel.height * window.kernel.width;
  const auto x = random_tensor(shape, kFloat, 1);
  const auto dy = random_tensor(result, kFloat, 2);
  const auto w = random_tensor(
      {window.kernel.height, window.kernel.width, shape[3] / groups, filters},
      kFloat, 3);
  // oneDNN's functions err by a few units of the last place of 1.
  constexpr double kFunction = 1e-6;
  struct Ending {
    ActivationKind kind;
    bool bias;
    bool residual;
  };
  for (const auto& [kind, bias, residual] :
       {Ending{ActivationKind::linear, false, true},
        Ending{ActivationKind::relu, true, false},
        Ending{ActivationKind::sigmoid, true, true},
        Ending{ActivationKind::swish, true, true},
        Ending{ActivationKind::tanh, false, false}}) {
    std::vector<Tensor> forward{x, w};
    std::vector<Tensor> backward{dy, w};
    if (bias) {
      forward.push_back(random_tensor({filters}, kFloat, 4));
      backward.push_back(random_tensor({shape[3]}, kFloat, 5));
    }
    if (residual) {
      forward.push_back(random_tensor(result, kFloat, 6));
      backward.push_back(random_tensor(shape, kFloat, 7));
    }
    check_kernel(Convolution{.window = window,
                             .groups = groups,
                             .filters = filters,
                             .activation = kind,
                             .residual = residual},
                 forward,
                 scale * tolerance(taps * shape[3] / groups) + kFunction);
    check_kernel(
        ConvolutionInputGradient{
            .window = window,
            .groups = groups,
            .channels = shape[3],
            .image = {.height = shape[1], .width = shape[2]},
            .activation = kind,
            .residual = residual},
        backward, scale * tolerance(taps * filters / groups) + kFunction);
  }
}

TEST(CpuConvolution, EndsInAnActivationOrASum) {
  const std::vector<Case> cases{
      {{2, 7, 6, 16}, window({3, 3}, {}, kOne), 24},
      {{1, 5, 7, 3}, window({3, 3}, {2, 2}, kAfter), 10},
      {{2, 6, 5, 24}, window({1, 1}), 40},
      {{1, 8, 8, 16}, window({4, 4}, {2, 2}, kOne), 24},
      {{1, 9, 7, 5}, window({3, 3}, {}, kOne), 2},
      {{1, 9, 8, 19}, window({5, 5}, {}, kTwo), 19, 19},
      {{1, 8, 7, 8}, window({3, 3}, {2, 2}, kAfter), 8, 8}};
  for (const auto& entry : cases) check_epilogues(entry);
}

// By the points of winograd.h: tiles that overhang, that begin before the image
// or after its border, several times of them; with phases.
const std::vector<Case> kByTiles{
    {{2, 9, 8, 16}, window({3, 3}, {}, kOne), 32},
    {{1, 14, 14, 48}, window({3, 3}), 16},
    {{1, 7, 8, 16}, window({3, 3}, {}, kTwo), 16},
    {{1, 16, 15, 16},
     window({3, 3}, {}, {.top = 2, .left = 1, .right = 1}),
     16},
    {{3, 28, 28, 32}, window({3, 3}, {}, kOne), 48},
    {{2, 8, 8, 32}, window({4, 4}, {2, 2}, kOne), 16},
    {{1, 8, 8, 16}, window({4, 4}, {2, 2}, kOne), 32},
    {{3, 14, 30, 16}, window({4, 4}, {2, 2}, kOne), 32}};

TEST(CpuConvolution, MultipliesAtWinogradsPoints) {
  for (const auto& entry : kByTiles) {
    const auto size = entry.window.output_size(
        "the test", {.height = entry.x[1], .width = entry.x[2]});
    ASSERT_TRUE(
        cpu::is_winograd({.window = entry.window,
                          .batch = entry.x[0],
                          .image = {.height = entry.x[1], .width = entry.x[2]},
                          .result = size,
                          .channels = entry.x[3],
                          .filters = entry.filters}));
    check_all_directions(entry, weight_shape_of(entry), kWinograd);
    check_epilogues(entry, kWinograd);
  }
}

// Whatever the tiles that a thread takes at a time.
TEST(CpuConvolution, GivesTheSameBitsWithAnyNumberOfThreads) {
  const int threads = thread_count();
  for (const auto& entry : kByTiles) {
    const auto x = random_tensor(entry.x, kFloat, 1);
    const auto w = random_tensor(weight_shape_of(entry), kFloat, 2);
    const Convolution forward{.window = entry.window, .filters = entry.filters};
    std::vector<std::vector<Tensor>> results;
    for (const int count : {1, 2, 5}) {
      set_thread_count(count);
      const auto signature = testing::signature_of(forward, {x, w});
      auto y = testing::run_kernel(cpu::make_kernel(forward, signature),
                                   signature, {x, w});
      const ConvolutionWeightGradient gradient{
          .window = entry.window, .weight_shape = weight_shape_of(entry)};
      const auto back = testing::signature_of(gradient, {x, y[0]});
      auto dw = testing::run_kernel(cpu::make_kernel(gradient, back), back,
                                    {x, y[0]});
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

// Threads once lost each other's pixels, in one run of two hundred.
TEST(CpuConvolution, GivesTheSameWeightGradientEveryTime) {
  const ConvolutionWeightGradient operation{.window = window({1, 1}, {2, 2}),
                                            .weight_shape = {1, 1, 4, 8}};
  const std::vector<Tensor> inputs{random_tensor({2, 16, 16, 4}, kFloat, 1),
                                   random_tensor({2, 8, 8, 8}, kFloat, 2)};
  const auto signature = testing::signature_of(operation, inputs);
  const Kernel kernel = cpu::make_kernel(operation, signature);
  const auto first = testing::run_kernel(kernel, signature, inputs);
  for (int i = 0; i < 3000; ++i) {
    const auto again = testing::run_kernel(kernel, signature, inputs);
    ASSERT_EQ(std::memcmp(again[0].raw(), first[0].raw(), first[0].bytes()), 0)
        << "in run " << i;
  }
}

TEST(CpuConvolution, RefusesFloat64) {
  const Signature signature{.inputs = {{{1, 4, 4, 2}, DType::float64},
                                       {{1, 1, 2, 3}, DType::float64}},
                            .outputs = {{{1, 4, 4, 3}, DType::float64}}};
  EXPECT_THROW(cpu::make(Convolution{.window = {}, .filters = 3}, signature),
               Error);
}

}  // namespace
}  // namespace lathe::graph
