#include "core/graph/operations/all_reduce.h"

#include <gtest/gtest.h>

#include "core/communication/reductions.h"
#include "core/compiler/backend.h"
#include "core/compiler/executable.h"
#include "core/error.h"
#include "core/graph/gradient.h"
#include "core/graph/passes/passes.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"
#include "tests/support/ranks.h"
#include "tests/support/run_graph.h"

namespace lathe::graph {
namespace {

using testing::expect_close;
using testing::expect_identical;
using testing::random_tensor;
using testing::run_kernel;
using testing::run_ranks;
using testing::signature_of;
using Ranks = std::shared_ptr<Communicator>;

constexpr auto kFloat = DType::float32;

std::vector<Tensor> outputs(Device device, const Operation& operation,
                            const std::vector<Tensor>& inputs) {
  const Signature signature = signature_of(operation, inputs);
  return run_kernel(make_kernel(device, operation, signature), signature,
                    inputs);
}

TEST(Communicator, GathersTextsOfAnyLength) {
  run_ranks(3, [](const Ranks& ranks) {
    const std::string own(static_cast<std::size_t>(2 * ranks->rank()), 'x');
    EXPECT_EQ(gather_texts(*ranks, own),
              (std::vector<std::string>{"", "xx", "xxxx"}));
    EXPECT_EQ(gather_texts(*ranks, ""), std::vector<std::string>(3));
  });
}

TEST(Reductions, RunInOrderBesideOtherSums) {
  run_ranks(3, [](const Ranks& ranks) {
    constexpr std::size_t kCount = 20;
    std::vector<std::vector<float>> values;
    std::vector<std::int64_t> numbers;
    for (std::size_t i = 0; i < kCount; ++i) {
      values.emplace_back(i + 1, static_cast<float>(ranks->rank()));
    }
    for (auto& each : values) {
      numbers.push_back(ranks->reductions().start(each));
      std::vector<std::int64_t> now{ranks->rank()};
      ranks->all_reduce(std::span(now));
      EXPECT_EQ(now[0], 0 + 1 + 2);
    }
    for (std::size_t i = kCount; i-- > 0;) {
      ranks->reductions().wait(numbers[i]);
      EXPECT_EQ(values[i], std::vector<float>(i + 1, 0 + 1 + 2));
    }
  });
}

TEST(AllReduce, SumsGradientsInBucketsAsTheyAreComputed) {
  const Shape shape{2, 3};
  const auto input = [&](int rank, int i) {
    return random_tensor(shape, kFloat,
                         static_cast<std::uint64_t>(10 * rank + i));
  };
  run_ranks(2, [&](const Ranks& ranks) {
    Graph graph;
    std::vector<ValueId> computed;
    Executable::Bindings none;
    for (int i = 0; i < 4; ++i) {
      const ValueId x = graph.add_input(concat("x", i), {shape, kFloat});
      computed.push_back(graph.apply(Affine{.scale = 2}, {x}, concat("y", i)));
      graph.mark_output(concat("y", i), computed.back());
    }
    const ValueId sum = graph.apply(Add{}, {computed[0], computed[3]});
    graph.mark_output("sum", sum);
    // The first is asked for twice, and read by somebody who wants his own.
    all_reduce(graph, {computed[0], computed[1], computed[2], computed[0]},
               ranks, 2 * 2 * 3 * sizeof(float));
    std::vector<std::string> names;
    for (const Node& node : graph.nodes()) {
      names.emplace_back(name_of(node.operation));
    }
    EXPECT_EQ(names, (std::vector<std::string>{
                         "affine", "affine", "affine", "start_all_reduce",
                         "affine", "add", "start_all_reduce", "wait_all_reduce",
                         "wait_all_reduce"}));
    Executable executable(graph, none, {});
    for (int step = 0; step < 2; ++step) {
      for (int i = 0; i < 4; ++i) {
        executable.input(concat("x", i)).copy_from(input(ranks->rank(), i));
      }
      executable.run();
      for (int i = 0; i < 4; ++i) {
        const Tensor found = executable.output(concat("y", i));
        const Tensor first = input(i < 3 ? 0 : ranks->rank(), i);
        for (std::int64_t e = 0; e < found.elements(); ++e) {
          float expected = 2 * first.data<float>()[e];
          if (i < 3) expected += 2 * input(1, i).data<float>()[e];
          EXPECT_EQ(found.data<float>()[e], expected) << i;
        }
      }
      const Tensor own = executable.output("sum");
      for (std::int64_t e = 0; e < own.elements(); ++e) {
        EXPECT_EQ(own.data<float>()[e],
                  2 * input(ranks->rank(), 0).data<float>()[e] +
                      2 * input(ranks->rank(), 3).data<float>()[e]);
      }
    }
  });
}

TEST(TargetShare, CountsWhatCountsInTheLoss) {
  const std::vector<Tensor> ids{
      Tensor::from<std::uint8_t>({4, 1}, {0, 255, 1, 255}),
      Tensor::from<std::uint8_t>({4, 1}, {1, 1, 1, 0})};
  const std::vector<Tensor> labels{
      Tensor::from<std::int32_t>({2, 1}, {-1, -1}),
      Tensor::from<std::int32_t>({2, 1}, {7, 255})};
  const std::vector<Tensor> distributions{
      Tensor::from<float>({2, 2}, {0.5, 0.5, 0, 0}),
      Tensor::from<float>({2, 2}, {0, 1, 1, 0})};
  const std::vector<Tensor> ignored(2,
                                    Tensor::from<std::int32_t>({1, 1}, {-1}));
  for (const Device device : {Device::reference, Device::cpu}) {
    run_ranks(2, [&](const Ranks& ranks) {
      const auto r = static_cast<std::size_t>(ranks->rank());
      const auto share = [&](const std::vector<Tensor>& targets) {
        return outputs(device, TargetShare{ranks}, {targets[r]})[0]
            .data<float>()[0];
      };
      EXPECT_FLOAT_EQ(share(ids), r == 0 ? 2.0F / 6 : 4.0F / 6);
      EXPECT_FLOAT_EQ(share(labels), r == 0 ? 0.0F : 1.0F);
      EXPECT_FLOAT_EQ(share(distributions), r == 0 ? 1.0F / 3 : 2.0F / 3);
      EXPECT_EQ(share(ignored), 0);
    });
  }
  EXPECT_THROW(output_specs(TargetShare{}, Specs{{{3}, DType::int64}}), Error);
  EXPECT_THROW(output_specs(StartAllReduce{}, Specs{}), Error);
  EXPECT_THROW(output_specs(WaitAllReduce{}, Specs{{{3}, DType::int32}}),
               Error);
}

// The rows of three ranks are normalised, and their gradients made, as those of
// one batch.
TEST(SynchronizedNormalization, IsThatOfTheWholeBatch) {
  constexpr int kRanks = 3;
  const Shape shape{6, 5, 7, 20};
  const BatchNormalization alone{.activation = ActivationKind::swish,
                                 .residual = true};
  const BatchNormalizationGradient alone_gradient{
      .activation = ActivationKind::swish, .residual = true};
  const Tensor x = random_tensor(shape, kFloat, 1, -1, 3);
  const Tensor gamma = random_tensor({20}, kFloat, 2, 0.5, 1.5);
  const Tensor beta = random_tensor({20}, kFloat, 3);
  const Tensor r = random_tensor(shape, kFloat, 4);
  const Tensor dy = random_tensor(shape, kFloat, 5);
  for (const Device device : {Device::reference, Device::cpu}) {
    const std::vector<Tensor> whole =
        outputs(device, alone, {x, gamma, beta, r});
    const std::vector<Tensor> whole_gradient = outputs(
        device, alone_gradient, {dy, x, gamma, beta, whole[1], whole[2], r});
    // Sums are the same in another order, in float64.
    constexpr double kTolerance = 2e-6;
    run_ranks(kRanks, [&](const Ranks& ranks) {
      const auto part = [&](const Tensor& tensor) {
        return tensor.rows(2 * ranks->rank(), 2);
      };
      BatchNormalization operation = alone;
      operation.ranks = ranks;
      BatchNormalizationGradient gradient = alone_gradient;
      gradient.ranks = ranks;
      const std::vector<Tensor> found =
          outputs(device, operation, {part(x), gamma, beta, part(r)});
      expect_close(found[0], part(whole[0]), kTolerance, kTolerance);
      expect_close(found[1], whole[1], kTolerance, kTolerance);
      expect_close(found[2], whole[2], kTolerance, kTolerance);
      const std::vector<Tensor> gradients = outputs(
          device, gradient,
          {part(dy), part(x), gamma, beta, found[1], found[2], part(r)});
      expect_close(gradients[0], part(whole_gradient[0]), kTolerance,
                   kTolerance);
      expect_close(gradients[3], part(whole_gradient[3]), kTolerance,
                   kTolerance);
      // What goes to the weights are parts, which are summed with all others.
      for (const std::size_t i : {1U, 2U}) {
        const Tensor sums = gradients[i].clone();
        ranks->all_reduce(sums.values<float>());
        expect_close(sums, whole_gradient[i], kTolerance, kTolerance);
      }
    });
  }
}

}  // namespace
}  // namespace lathe::graph
