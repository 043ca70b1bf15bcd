#include <gtest/gtest.h>

#include <cstring>

#include "core/cpu/convolution.h"
#include "core/cpu/kernels.h"
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

// Pieces of two numbers of pixels, for which oneDNN arranges weights in two
// ways where there is AMX.
TEST(CpuConvolution, ActivatesPiecesOfDifferentSizes) {
  for (const ConvolutionCase& entry :
       {ConvolutionCase{{2, 200, 1, 25}, window({1, 1}), 54},
        ConvolutionCase{{3, 50, 1, 16}, window({1, 1}), 67},
        ConvolutionCase{{3, 17, 10, 49}, window({1, 1}), 36},
        ConvolutionCase{{2, 17, 10, 32}, window({1, 1}), 54}}) {
    check_epilogues(entry);
  }
}

// Lines that are read where they lie, and with zeros around them; windows that
// meet only those; one row of results a task, and several; filters that fill
// one vector, several, and parts of one.
TEST(CpuConvolution, TakesLinesOfFewChannelsAsMatrices) {
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
    check_epilogues(entry);
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
