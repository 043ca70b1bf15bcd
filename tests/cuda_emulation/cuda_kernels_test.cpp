#include <gtest/gtest.h>

#include "core/compiler/executable.h"
#include "core/cuda/divisor.h"
#include "core/error.h"
#include "core/graph/gradient.h"
#include "tests/core/kernel_check.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"

// What the kernels of CUDA have that others don't.
namespace lathe::graph {
namespace {

using testing::check_kernel;
using testing::random_tensor;

constexpr auto kFloat = DType::float32;

TEST(CudaKernels, DivideByMultiplying) {
  for (const std::uint32_t value :
       {1U, 2U, 3U, 5U, 7U, 24U, 224U, 255U, 256U, 641U, 65535U, 65537U,
        (1U << 30) + 1, (1U << 31) - 1}) {
    const cuda::Divisor divisor(value);
    for (const std::uint32_t n :
         {0U, 1U, value - 1, value, value + 1, 1000003U, (1U << 31) - 2,
          (1U << 31) - 1, (1U << 31) - 1 - (1U << 31) % value}) {
      if (n >> 31 != 0) continue;
      EXPECT_EQ(divisor.quotient(n), n / value) << n << " / " << value;
      EXPECT_EQ(divisor.remainder(n), n % value) << n << " / " << value;
    }
  }
}

TEST(CudaKernels, MoveMoreWeightsThanATableHolds) {
  const SGD operation{
      .momentum = 0.9,
      .update = {.scaled = true, .weight_decay = 0.1, .undecayed = {1, 299}}};
  std::vector<Tensor> inputs{Tensor::from<std::int64_t>({1}, {5}),
                             Tensor::from<float>({1}, {0.01F}),
                             random_tensor({300}, kFloat, 1, 0.5, 1)};
  std::vector<Tensor> gradients;
  for (std::uint64_t weight = 0; weight < 300; ++weight) {
    const Shape shape{static_cast<std::int64_t>(1 + weight % 9)};
    for (std::uint64_t k = 0; k < 3; ++k) {
      inputs.push_back(random_tensor(shape, kFloat, 3 * weight + k));
    }
    gradients.push_back(inputs.back());
  }
  check_kernel(operation, inputs, 1e-6);
  check_kernel(GradientScales{.limit = 0.5, .global = true}, gradients, 1e-6);
}

TEST(CudaKernels, ReduceManyRowsOfFewAndFewOfMany) {
  check_kernel(ReduceSum{.target = {70000, 1}},
               {random_tensor({70000, 2}, kFloat, 1)}, 1e-6);
  check_kernel(ReduceSum{.target = {1}},
               {random_tensor({300001}, kFloat, 2, 0, 1)}, 3e-6);
}

TEST(CudaKernels, TakeEmptyTensors) {
  check_kernel(Add{}, {Tensor({0, 4}), Tensor({0, 4})}, 0);
  check_kernel(Multiply{}, {Tensor({0, 3}), Tensor({3})}, 0);
  check_kernel(ReduceSum{.target = {4}}, {Tensor({0, 4})}, 0);
  check_kernel(ReduceSum{.target = {0, 1}}, {Tensor({0, 4})}, 0);
  check_kernel(Softmax{}, {Tensor({0, 4})}, 0);
  check_kernel(Slice{.begin = {0, 0}, .extents = {0, 2}}, {Tensor({3, 4})}, 0);
}

TEST(CudaKernels, RefuseToExciteMoreChannelsThanABlockHolds) {
  const std::vector<Tensor> inputs{Tensor({1, 1, 1, 13000}),
                                   Tensor({1, 1, 13000, 2}), Tensor({2}),
                                   Tensor({1, 1, 2, 5}), Tensor({5})};
  try {
    testing::kernel_outputs(Excitation{}, inputs);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("13002"), std::string::npos);
  }
}

// Where cuDNN would run the emulation has the reference.
TEST(CudaKernels, RunATrainingStep) {
  const auto run = [](Device device) {
    Graph graph;
    Executable::Bindings bindings;
    const auto weight = [&](const char* name, const Shape& shape, double least,
                            double most) {
      const ValueId id = graph.add_weight(name, {shape, kFloat});
      const auto seed = static_cast<std::uint64_t>(id);
      bindings[id] = random_tensor(shape, kFloat, seed, least, most);
      return id;
    };
    const ValueId x = graph.add_input("x", {{2, 6, 6, 3}, kFloat});
    const ValueId t = graph.add_input("t", {{2, 6, 6, 1}, DType::uint8});
    const ValueId iteration = graph.add_state("i", {{1}, DType::int64});
    const ValueId rate = graph.add_state("rate", {{1}, kFloat});
    const ValueId mean = graph.add_state("mean", {{12}, kFloat});
    const ValueId variance = graph.add_state("variance", {{12}, kFloat});
    bindings[iteration] = Tensor({1}, DType::int64);
    bindings[rate] = Tensor::from<float>({1}, {0.1F});
    bindings[mean] = Tensor({12});
    bindings[variance] = Tensor({12});
    const Window2D window{
        .kernel = {3, 3},
        .padding = {.top = 1, .bottom = 1, .left = 1, .right = 1}};
    const std::vector weights{
        weight("depthwise", {3, 3, 3, 4}, -1, 1), weight("gamma", {12}, 0.5, 1),
        weight("beta", {12}, -1, 1), weight("w", {3, 3, 12, 1}, -1, 1)};
    const ValueId each =
        graph.apply(Convolution{.window = window, .groups = 3, .filters = 12},
                    {x, weights[0]});
    const auto normalized =
        graph.add(BatchNormalization{}, {each, weights[1], weights[2]});
    graph.add(MovingStatistics{},
              {iteration, mean, normalized[1], variance, normalized[2]});
    const ValueId some =
        graph.apply(Activation{.kind = ActivationKind::swish}, {normalized[0]});
    const ValueId y =
        graph.apply(Convolution{.window = window}, {some, weights[3]});
    const ValueId p =
        graph.apply(Activation{.kind = ActivationKind::sigmoid}, {y});
    const ValueId loss = graph.apply(BinaryCrossentropy{}, {p, t});
    const auto gradients = differentiate(graph, loss, weights);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      graph.add(SGD{}, {iteration, rate, weights[i], gradients[i]});
    }
    graph.add(Increment{}, {iteration});
    graph.mark_output("loss", loss);
    Executable executable(graph, bindings, {.device = device});
    executable.input("x").copy_from(random_tensor({2, 6, 6, 3}, kFloat, 2));
    executable.input("t").copy_from(
        testing::random_integers({2, 6, 6, 1}, DType::uint8, 3, 2));
    std::vector<Tensor> results;
    for (int step = 0; step < 3; ++step) {
      executable.run();
      results.push_back(executable.output("loss").clone());
    }
    EXPECT_EQ(bindings.at(iteration).values<std::int64_t>()[0], 3);
    for (const ValueId id : weights) results.push_back(bindings.at(id));
    results.push_back(bindings.at(mean));
    results.push_back(bindings.at(variance));
    return results;
  };
  const auto actual = run(Device::cuda);
  const auto expected = run(Device::reference);
  for (std::size_t i = 0; i < actual.size(); ++i) {
    SCOPED_TRACE(i);
    testing::expect_close(actual[i], expected[i], 1e-6, 1e-6);
  }
}

}  // namespace
}  // namespace lathe::graph
