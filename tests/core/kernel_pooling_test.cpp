#include <gtest/gtest.h>

#include "tests/core/kernel_check.h"
#include "tests/support/random.h"

namespace lathe::graph {
namespace {

using testing::check_kernel;
using testing::kernel_outputs;
using testing::kFloat;
using testing::random_tensor;

// A mean of at most 60 numbers in two short sums, the weights rounded.
constexpr double kTolerance = 1e-6;

struct Case {
  Shape x;
  Window2D window;
};

const std::vector<Case> kCases{
    {{2, 8, 8, 64}, {.kernel = {2, 2}, .strides = {2, 2}}},
    {{1, 9, 7, 5},
     {.kernel = {3, 3},
      .strides = {2, 2},
      .padding = {.top = 1, .bottom = 1, .left = 1, .right = 1}}},
    {{3, 14, 14, 40},
     {.kernel = {3, 3},
      .strides = {2, 2},
      .padding = {.bottom = 1, .right = 1}}},
    {{2, 7, 9, 1}, {.kernel = {3, 2}, .strides = {1, 3}}},
    {{2, 11, 10, 17},
     {.kernel = {3, 3}, .strides = {1, 2}, .padding = {.top = 1, .left = 2}}},
    {{1, 5, 5, 96},
     {.kernel = {5, 5},
      .strides = {1, 1},
      .padding = {.top = 2, .bottom = 2, .left = 2, .right = 2}}},
    {{2, 10, 10, 33}, {.kernel = {2, 2}, .strides = {3, 3}}},
    {{3, 7, 7, 130}, {.kernel = {7, 7}, .strides = {7, 7}}},
    {{2, 5, 6, 24}, {.kernel = {5, 6}}},
    {{3, 15, 14, 12}, {.kernel = {15, 14}}},
    {{1, 9, 12, 12},
     {.kernel = {3, 2},
      .strides = {2, 1},
      .padding = {.top = 1, .bottom = 1, .left = 1}}},
    {{2, 9, 8, 8}, {.kernel = {4, 3}, .strides = {3, 2}}},
    {{2, 40, 40, 80}, {.kernel = {3, 3}, .strides = {2, 2}}}};

TEST(KernelPooling, TakesTheLargestAndItsPlace) {
  for (const auto& [shape, window] : kCases) {
    const auto x = random_tensor(shape, kFloat, 1);
    check_kernel(MaxPooling{.window = window}, {x}, 0);
    const auto outputs = kernel_outputs(MaxPooling{.window = window}, {x});
    // At most 25 windows meet in a pixel.
    check_kernel(
        MaxPoolingGradient{.window = window, .image = {shape[1], shape[2]}},
        {random_tensor(outputs[0].shape(), kFloat, 2), outputs[1]}, kTolerance);
  }
}

TEST(KernelPooling, TakesTheFirstOfEquals) {
  // Few different values: ties in nearly every window.
  auto x = random_tensor({2, 12, 12, 19}, kFloat, 3, -2, 2);
  for (float& value : x.values<float>()) {
    value = static_cast<float>(static_cast<int>(value));
  }
  for (const auto& entry : kCases) {
    if (entry.window.kernel.height > 5) continue;
    check_kernel(MaxPooling{.window = entry.window}, {x}, 0);
  }
}

TEST(KernelPooling, TakesTheMeanOfWhatLiesInside) {
  std::vector<Case> cases = kCases;
  cases.push_back({{2, 33, 40, 5}, {.kernel = {33, 40}, .strides = {2, 3}}});
  for (const auto& [shape, window] : cases) {
    const auto x = random_tensor(shape, kFloat, 4, 0, 2);
    check_kernel(AveragePooling{.window = window}, {x}, kTolerance);
    const auto y = kernel_outputs(AveragePooling{.window = window}, {x})[0];
    check_kernel(
        AveragePoolingGradient{.window = window, .image = {shape[1], shape[2]}},
        {random_tensor(y.shape(), kFloat, 5)}, kTolerance);
  }
}

// Outputs of 16 MiB and more are written past the caches.
TEST(KernelPooling, WritesLargeOutputs) {
  const Window2D window{.kernel = {3, 3}, .strides = {4, 4}};
  const auto outputs =
      kernel_outputs(MaxPooling{.window = window},
                     {random_tensor({1, 512, 515, 16}, kFloat, 8)});
  check_kernel(MaxPoolingGradient{.window = window, .image = {512, 515}},
               {random_tensor(outputs[0].shape(), kFloat, 9), outputs[1]},
               kTolerance);
  check_kernel(UpSampling{.factor = {8, 4}},
               {random_tensor({1, 66, 65, 32}, kFloat, 10)}, kTolerance);
}

TEST(KernelUpSampling, EnlargesAndGathersBack) {
  using enum UpSamplingKind;
  for (const UpSamplingKind kind : {nearest, bilinear}) {
    for (const Size2D factor :
         {Size2D{2, 2}, Size2D{1, 3}, Size2D{4, 1}, Size2D{5, 2}}) {
      for (const Shape& shape : std::vector<Shape>{{2, 5, 7, 3},
                                                   {1, 1, 4, 16},
                                                   {2, 8, 8, 48},
                                                   {1, 3, 1, 65},
                                                   {3, 20, 20, 64}}) {
        const auto x = random_tensor(shape, kFloat, 6);
        const UpSampling enlarge{.factor = factor, .kind = kind};
        check_kernel(enlarge, {x}, kTolerance);
        const auto y = kernel_outputs(enlarge, {x})[0];
        check_kernel(UpSamplingGradient{.factor = factor, .kind = kind},
                     {random_tensor(y.shape(), kFloat, 7)}, kTolerance);
      }
    }
  }
}

}  // namespace
}  // namespace lathe::graph
