#include <gtest/gtest.h>

#include "tests/core/convolution_check.h"
#include "tests/core/kernel_check.h"
#include "tests/support/random.h"

namespace lathe::graph {
namespace {

using testing::check_kernel;
using testing::kernel_outputs;
using testing::kFloat;
using testing::kOne;
using testing::kTwo;
using testing::random_tensor;
using testing::window;

// As for normalisations; sums over channels and, for dw and dv, pixels lose no
// more, for errors of single terms cancel.
constexpr double kTolerance = 1e-5;

struct Case {
  Shape x;
  std::int64_t channels;
  Window2D window;
  ActivationKind activation;
};

// Images of one strip and of several, many images in a task; lines that fill
// rows of vectors and such that don't; windows that begin before the image and
// end after it, reach over strips, or leave out its last line.
const std::vector<Case> kCases{
    {{2, 14, 14, 8}, 48, window({3, 3}, {}, kOne), ActivationKind::swish},
    {{1, 30, 28, 16},
     96,
     window({3, 3}, {2, 2}, {.bottom = 1, .right = 1}),
     ActivationKind::swish},
    {{3, 29, 31, 5}, 19, window({5, 5}, {2, 2}, kTwo), ActivationKind::relu},
    {{1, 37, 64, 24}, 300, window({5, 5}, {}, kTwo), ActivationKind::swish},
    {{2, 9, 10, 3}, 8, window({3, 3}), ActivationKind::sigmoid},
    {{40, 8, 6, 4}, 12, window({3, 3}, {2, 2}), ActivationKind::tanh},
    {{1, 3, 200, 4},
     100,
     window({5, 5}, {2, 2}, kTwo),
     ActivationKind::linear}};

struct Expansion {
  Tensor x;
  Tensor w;
  std::vector<Tensor> statistics;

  // Channels whose means are `far` times their deviations from zero.
  Expansion(const Shape& shape, std::int64_t channels, double far)
      : x(random_tensor(shape, kFloat, 1, far - 1, far + 1)),
        w(random_tensor({1, 1, shape[3], channels}, kFloat, 2)),
        statistics(kernel_outputs(ConvolutionStatistics{}, {x, w})) {}
};

TEST(CpuConvolutionStatistics, AreThoseOfTheResult) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(to_string(c.x));
    const Expansion near(c.x, c.channels, 0.5);
    check_kernel(ConvolutionStatistics{}, {near.x, near.w}, kTolerance);
    const Expansion far(c.x, c.channels, 100);
    check_kernel(ConvolutionStatistics{}, {far.x, far.w}, kTolerance);
  }
}

TEST(CpuNormalizedExpansion, GradientsOfTheThreeTogether) {
  for (const auto& [shape, channels, depthwise, activation] : kCases) {
    SCOPED_TRACE(to_string(shape));
    const Expansion expansion(shape, channels, 0.5);
    const std::int64_t size = depthwise.kernel.height;
    const Shape all{channels};
    const auto v = random_tensor({size, size, channels, 1}, kFloat, 5);
    const Convolution moving{
        .window = depthwise, .groups = channels, .filters = channels};
    Shape expanded = shape;
    expanded[3] = channels;
    const Shape result =
        moving.output_specs(Specs{{expanded, kFloat}, {v.shape(), kFloat}})[0]
            .shape;
    std::vector<Tensor> inputs{random_tensor(result, kFloat, 6),
                               expansion.x,
                               expansion.w,
                               random_tensor(all, kFloat, 3, 0.5, 1.5),
                               random_tensor(all, kFloat, 4),
                               expansion.statistics[0],
                               expansion.statistics[1],
                               v};
    NormalizedExpansionGradient operation{.window = depthwise,
                                          .activation = activation};
    check_kernel(operation, inputs, kTolerance);
    inputs.push_back(random_tensor(shape, kFloat, 7));
    operation.residual = true;
    check_kernel(operation, inputs, kTolerance);
  }
}

}  // namespace
}  // namespace lathe::graph
