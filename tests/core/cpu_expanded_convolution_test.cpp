#include <gtest/gtest.h>

#include "tests/core/convolution_check.h"
#include "tests/core/kernel_check.h"
#include "tests/support/random.h"

namespace lathe::graph {
namespace {

using testing::check_kernel;
using testing::kFloat;
using testing::kOne;
using testing::kTwo;
using testing::random_tensor;
using testing::window;

// Sums of a hundred terms and of 25, one after the other, in float32.
constexpr double kTolerance = 1e-5;

struct Case {
  Shape x;
  std::int64_t channels;
  Window2D window;
  ActivationKind expansion;
  ActivationKind activation;
};

// Images of one strip and of several; windows that begin before the image and
// end after it, or leave out its last line; vectors that are not whole.
const std::vector<Case> kCases{
    {{2, 14, 14, 8},
     48,
     window({3, 3}, {}, kOne),
     ActivationKind::swish,
     ActivationKind::swish},
    {{1, 30, 28, 16},
     96,
     window({3, 3}, {2, 2}, {.bottom = 1, .right = 1}),
     ActivationKind::swish,
     ActivationKind::relu},
    {{3, 29, 31, 5},
     19,
     window({5, 5}, {2, 2}, kTwo),
     ActivationKind::relu,
     ActivationKind::linear},
    {{1, 37, 64, 24},
     300,
     window({5, 5}, {}, kTwo),
     ActivationKind::swish,
     ActivationKind::swish},
    {{2, 9, 10, 3},
     8,
     window({3, 3}),
     ActivationKind::linear,
     ActivationKind::sigmoid},
    {{1, 3, 200, 4},
     100,
     window({5, 5}, {2, 2}, kTwo),
     ActivationKind::tanh,
     ActivationKind::swish}};

TEST(CpuExpandedConvolution, IsTheTwoOneAfterTheOther) {
  for (const auto& [x, channels, depthwise, expansion, activation] : kCases) {
    SCOPED_TRACE(to_string(x));
    const std::int64_t size = depthwise.kernel.height;
    const ExpandedConvolution operation{
        .window = depthwise, .expansion = expansion, .activation = activation};
    std::vector<Tensor> inputs{
        random_tensor(x, kFloat, 1),
        random_tensor({1, 1, x[3], channels}, kFloat, 2),
        random_tensor({channels}, kFloat, 3),
        random_tensor({size, size, channels, 1}, kFloat, 4)};
    check_kernel(operation, inputs, kTolerance);
    inputs.push_back(random_tensor({channels}, kFloat, 5));
    check_kernel(operation, inputs, kTolerance);
  }
}

}  // namespace
}  // namespace lathe::graph
