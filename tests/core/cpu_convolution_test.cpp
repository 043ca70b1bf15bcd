#include <gtest/gtest.h>

#include <cstring>
#include <tuple>

#include "core/cpu/convolution.h"
#include "core/cpu/kernels.h"
#include "core/cpu/winograd.h"
#include "core/error.h"
#include "core/parallel.h"
#include "tests/core/convolution_check.h"
#include "tests/core/kernel_check.h"
#include "tests/support/random.h"
#include "tests/support/run_graph.h"

namespace lathe::graph {
namespace {

using testing::check_all_directions;
using testing::check_epilogues;
using testing::check_kernel;
using testing::ConvolutionCase;
using testing::kFloat;
using testing::kOne;
using testing::kTwo;
using testing::random_tensor;
using testing::weight_shape_of;
using testing::window;

// Winograd's transforms enlarge what they round: the worst of a hundred
// thousand results was off by five times the tolerance of plain sums, 1e-6 of
// the largest result.
constexpr double kWinograd = 8;

// By the points of winograd.h: tiles that overhang, that begin before the image
// or after its border, several times of them; with phases.
const std::vector<ConvolutionCase> kByTiles{
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

// Windows that overlap by nothing, by parts and by several steps, that leave
// rows out or reach far beyond the image; pieces of one element and of several
// vectors; images in one strip and in several.
TEST(CpuConvolution, SumsInputGradientsOfFewChannels) {
  for (const ConvolutionCase& entry :
       {ConvolutionCase{{2, 12, 14, 1}, window({4, 4}, {2, 2}, kOne), 32},
        ConvolutionCase{{1, 50, 12, 3}, window({4, 4}, {2, 2}, kOne), 6},
        ConvolutionCase{{2, 9, 31, 1}, window({3, 3}, {}, kOne), 16},
        ConvolutionCase{{1, 25, 16, 12}, window({4, 5}, {1, 3}, kTwo), 9},
        ConvolutionCase{{2, 11, 13, 2}, window({3, 3}, {2, 2}), 8},
        ConvolutionCase{{1, 11, 13, 5}, window({2, 2}, {5, 4}), 4},
        ConvolutionCase{{2, 4, 3, 3}, window({5, 3}, {3, 4}, {4, 5, 7, 6}), 8},
        ConvolutionCase{{1, 64, 8, 1}, window({1, 8}, {2, 1}, kTwo), 40}}) {
    ASSERT_TRUE(cpu::has_shallow_input_gradient({.window = entry.window,
                                                 .channels = entry.x[3],
                                                 .filters = entry.filters}));
    check_all_directions(entry);
    check_epilogues(entry);
  }
}

TEST(CpuConvolution, TransposesWeights) {
  for (const Shape& shape :
       {Shape{3, 3, 4, 1}, Shape{1, 2, 3, 5}, Shape{4, 3, 1, 7}}) {
    check_kernel(TransposedWeights{}, {random_tensor(shape, kFloat, 1)}, 0);
  }
}

// Lines that are read where they lie, and with zeros around them; windows that
// meet only those; one row of results a task, and several.
TEST(CpuConvolution, GathersWeightsOfFewChannels) {
  for (const ConvolutionCase& entry :
       {ConvolutionCase{{2, 12, 12, 3}, window({3, 3}, {2, 2}), 32},
        ConvolutionCase{{2, 12, 12, 3},
                        window({3, 3}, {2, 2}, {.bottom = 1, .right = 1}),
                        32},
        ConvolutionCase{{1, 9, 31, 4}, window({3, 3}, {}, kOne), 17},
        ConvolutionCase{{3, 25, 16, 2}, window({4, 5}, {1, 3}, kTwo), 9},
        ConvolutionCase{{2, 4, 3, 3}, window({5, 3}, {3, 4}, {4, 5, 7, 6}), 8},
        ConvolutionCase{{1, 11, 10, 1}, window({2, 8}, {2, 1}, kTwo), 40}}) {
    ASSERT_TRUE(cpu::is_shallow({.window = entry.window,
                                 .channels = entry.x[3],
                                 .filters = entry.filters}));
    check_all_directions(entry);
  }
}

// Pieces of an image and parts of one, several tasks and a single pixel.
TEST(CpuConvolution, GivesEachSampleWeightsOfItsOwn) {
  for (const ConvolutionCase& entry : {ConvolutionCase{{2, 6, 5, 24}, {}, 40},
                                       ConvolutionCase{{3, 7, 11, 5}, {}, 7},
                                       ConvolutionCase{{2, 20, 19, 33}, {}, 16},
                                       ConvolutionCase{{1, 16, 16, 8}, {}, 24},
                                       ConvolutionCase{{4, 1, 1, 9}, {}, 3}}) {
    const Shape weights{entry.x[0], 1, 1, entry.x[3], entry.filters};
    check_all_directions(entry, weights);
    check_epilogues(entry, weights);
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
