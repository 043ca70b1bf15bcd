#include <gtest/gtest.h>

#include "tests/core/convolution_check.h"
#include "tests/core/kernel_check.h"
#include "tests/support/random.h"

namespace lathe::graph {
namespace {

using testing::check_kernel;
using testing::kFloat;
using testing::kOne;
using testing::random_tensor;
using testing::window;

// As for what makes the images: means lose no more.
constexpr double kTolerance = 1e-5;

// Rows that end between vectors, images of one row and of one pixel, and of
// many channels.
const std::vector<Shape> kImages{{2, 5, 7, 3},    {3, 1, 9, 16},
                                 {2, 4, 1, 21},   {5, 1, 1, 8},
                                 {1, 64, 33, 40}, {3, 7, 7, 1152}};

TEST(CpuImageMeans, AreGivenByConvolutions) {
  for (const Shape& shape : kImages) {
    SCOPED_TRACE(to_string(shape));
    const std::int64_t channels = shape[3];
    const auto x = random_tensor(shape, kFloat, 1);
    const auto taps = random_tensor({3, 3, channels, 1}, kFloat, 2);
    const auto bias = random_tensor({channels}, kFloat, 3);
    Convolution depthwise{.window = window({3, 3}, {}, kOne),
                          .groups = channels,
                          .filters = channels,
                          .activation = ActivationKind::swish,
                          .means = true};
    check_kernel(depthwise, {x, taps, bias}, kTolerance);
    depthwise.residual = true;
    check_kernel(depthwise, {x, taps, bias, x}, kTolerance);
    check_kernel(Convolution{.filters = 4, .means = true},
                 {x, random_tensor({1, 1, channels, 4}, kFloat, 4)},
                 kTolerance);
    check_kernel(ExpandedConvolution{.window = depthwise.window,
                                     .activation = ActivationKind::swish,
                                     .means = true},
                 {x, random_tensor({1, 1, channels, 2 * channels}, kFloat, 5),
                  random_tensor({2 * channels}, kFloat, 6),
                  random_tensor({3, 3, 2 * channels, 1}, kFloat, 7)},
                 kTolerance);
  }
}

}  // namespace
}  // namespace lathe::graph
