#include <gtest/gtest.h>

#include "tests/core/kernel_check.h"
#include "tests/support/random.h"

namespace lathe::graph {
namespace {

using testing::check_kernel;
using testing::kernel_outputs;
using testing::kFloat;
using testing::random_tensor;

// As for normalisations; sums over channels and, for dw, pixels lose no more,
// for errors of single terms cancel.
constexpr double kTolerance = 1e-5;

struct Case {
  Shape x;
  std::int64_t filters;
  ActivationKind activation;
};

// Few and many channels; pixels that fill no row, one piece, several tasks.
const std::vector<Case> kCases{{{1, 2, 2, 3}, 5, ActivationKind::linear},
                               {{2, 5, 7, 3}, 17, ActivationKind::relu},
                               {{2, 9, 9, 16}, 96, ActivationKind::swish},
                               {{3, 16, 15, 96}, 24, ActivationKind::linear},
                               {{2, 24, 24, 8}, 48, ActivationKind::sigmoid},
                               {{4, 33, 31, 24}, 144, ActivationKind::swish},
                               {{2, 40, 41, 40}, 40, ActivationKind::tanh}};

TEST(CpuNormalizedConvolution, GradientsOfTheTwoTogether) {
  for (const auto& [shape, filters, activation] : kCases) {
    SCOPED_TRACE(to_string(shape));
    const Shape channels{filters};
    const auto x = random_tensor(shape, kFloat, 1, -1, 2);
    const auto w = random_tensor({1, 1, shape[3], filters}, kFloat, 2);
    const auto gamma = random_tensor(channels, kFloat, 3, 0.5, 1.5);
    const auto beta = random_tensor(channels, kFloat, 4);
    const auto y = kernel_outputs(Convolution{.window = {}, .filters = filters},
                                  {x, w})[0];
    const auto z = kernel_outputs(BatchNormalization{}, {y, gamma, beta});
    std::vector<Tensor> inputs{random_tensor(z[0].shape(), kFloat, 5),
                               y,
                               gamma,
                               beta,
                               z[1],
                               z[2],
                               x,
                               w};
    NormalizedConvolutionGradient operation{.activation = activation};
    check_kernel(operation, inputs, kTolerance);
    inputs.push_back(random_tensor(shape, kFloat, 6));
    operation.residual = true;
    check_kernel(operation, inputs, kTolerance);
  }
}

}  // namespace
}  // namespace lathe::graph
