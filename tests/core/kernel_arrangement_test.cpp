#include <gtest/gtest.h>

#include "tests/core/kernel_check.h"
#include "tests/support/random.h"

namespace lathe::graph {
namespace {

using testing::check_kernel;
using testing::kernel_outputs;
using testing::kFloat;
using testing::random_integers;
using testing::random_tensor;

TEST(KernelArrangement, JoinsAlongAnyAxis) {
  for (std::size_t axis = 0; axis < 4; ++axis) {
    std::vector<Tensor> parts;
    for (const std::int64_t extent : {3, 1, 8}) {
      Shape shape{2, 5, 4, 7};
      shape[axis] = extent;
      parts.push_back(random_tensor(shape, kFloat, parts.size() + 1));
    }
    check_kernel(Concatenate{.axis = axis}, parts, 0);
  }
  check_kernel(Concatenate{.axis = 3},
               {random_tensor({2, 56, 56, 33}, kFloat, 1),
                random_tensor({2, 56, 56, 16}, kFloat, 2)},
               0);
}

TEST(KernelArrangement, CutsABox) {
  const auto x = random_tensor({4, 6, 5, 8}, kFloat, 4);
  const auto slice = [&](const Shape& begin, const Shape& extents) {
    check_kernel(Slice{.begin = begin, .extents = extents}, {x}, 0);
  };
  slice({0, 0, 0, 0}, {4, 6, 5, 8});
  slice({1, 0, 0, 0}, {2, 6, 5, 8});
  slice({0, 2, 1, 3}, {4, 3, 2, 4});
  slice({0, 1, 0, 0}, {4, 4, 5, 8});
  slice({3, 5, 4, 7}, {1, 1, 1, 1});
  check_kernel(Slice{.begin = {2}, .extents = {5}},
               {random_integers({9}, DType::uint8, 5, 256)}, 0);
}

TEST(KernelArrangement, PadsWithZeros) {
  const auto x = random_tensor({2, 6, 5, 3}, kFloat, 6);
  const auto pad = [&](const Shape& before, const Shape& after) {
    check_kernel(Pad{.before = before, .after = after}, {x}, 0);
  };
  pad({0, 0, 0, 0}, {0, 0, 0, 0});
  pad({0, 1, 1, 0}, {0, 1, 1, 0});
  pad({0, 0, 0, 0}, {0, 1, 0, 0});
  pad({1, 2, 3, 4}, {4, 3, 2, 1});
  pad({0, 0, 0, 2}, {0, 0, 0, 5});
  check_kernel(Pad{.before = {0, 3, 2, 0}, .after = {0, 2, 3, 0}},
               {random_tensor({2, 64, 64, 24}, kFloat, 7)}, 0);
}

TEST(KernelArrangement, ReshapesAnyType) {
  check_kernel(Reshape{.shape = {6, 40}},
               {random_tensor({2, 3, 40}, kFloat, 8)}, 0);
  check_kernel(Reshape{.shape = {300000}},
               {random_integers({300, 1000}, DType::uint8, 9, 256)}, 0);
}

TEST(KernelMergedWeights, SumsTapsAndGathersBack) {
  for (const Shape& shape : {Shape{3, 3, 4, 8}, Shape{1, 2, 3, 5},
                             Shape{4, 3, 1, 32}, Shape{3, 3, 64, 64}}) {
    for (const Size2D factor : {Size2D{2, 2}, Size2D{1, 4}, Size2D{3, 1}}) {
      for (const bool transposed : {false, true}) {
        const auto w = random_tensor(shape, kFloat, 1);
        const MergedWeights merge{.factor = factor, .transposed = transposed};
        // At most four numbers in another order.
        check_kernel(merge, {w}, 1e-6);
        const auto y = kernel_outputs(merge, {w})[0];
        check_kernel(
            MergedWeightsGradient{.factor = factor, .transposed = transposed},
            {random_tensor(y.shape(), kFloat, 2)}, 1e-6);
      }
    }
  }
}

}  // namespace
}  // namespace lathe::graph
