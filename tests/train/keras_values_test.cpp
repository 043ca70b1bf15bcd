#include <gtest/gtest.h>

#include "core/compiler/executable.h"
#include "core/error.h"
#include "tests/golden/golden_file.h"
#include "tests/support/compare.h"
#include "train/loss.h"
#include "train/metrics.h"
#include "train/optimizer.h"

namespace lathe::train {
namespace {

using graph::Graph;
using graph::ValueId;
using testing::GoldenFile;

class KerasValues : public ::testing::TestWithParam<Device> {};

float loss_of(const Loss& loss, const Tensor& prediction, const Tensor& target,
              Device device) {
  Graph graph;
  const ValueId p = graph.add_input("p", prediction.spec());
  const ValueId t = graph.add_input("t", target.spec());
  graph.mark_output("loss", add_loss(graph, loss, p, t));
  Executable executable(std::move(graph), {}, {.device = device});
  executable.input("p").copy_from(prediction);
  executable.input("t").copy_from(target);
  executable.run();
  return executable.output("loss").values<float>()[0];
}

// Means of a hundred terms, logarithms and exponentials in float32.
constexpr float kLossTolerance = 2e-6F;

void expect_loss(const GoldenFile& golden, const std::string& group,
                 const std::string& kind, const Loss& loss, Device device) {
  const float expected =
      golden.read(group + "/loss_" + kind).values<float>()[0];
  EXPECT_NEAR(loss_of(loss, golden.read(group + "/" + kind),
                      golden.read(group + "/targets"), device),
              expected, kLossTolerance * expected);
}

TEST_P(KerasValues, BinaryCrossentropy) {
  const GoldenFile golden("train.h5");
  expect_loss(golden, "binary", "probabilities", BinaryCrossentropy{},
              GetParam());
  expect_loss(golden, "binary", "logits",
              BinaryCrossentropy{.from_logits = true}, GetParam());
}

TEST_P(KerasValues, SparseCategoricalCrossentropy) {
  const GoldenFile golden("train.h5");
  expect_loss(golden, "categorical", "probabilities",
              SparseCategoricalCrossentropy{}, GetParam());
  expect_loss(golden, "categorical", "logits",
              SparseCategoricalCrossentropy{.from_logits = true}, GetParam());
}

TEST_P(KerasValues, FiveStepsOfAdam) {
  const GoldenFile golden("train.h5");
  const Tensor weight = golden.read("adam/weight").clone();
  const Tensor gradients = golden.read("adam/gradients");
  const Tensor expected = golden.read("adam/weights");
  const Adam adam{.learning_rate = 0.01, .beta_1 = 0.8, .beta_2 = 0.95};
  Graph graph;
  const TensorSpec spec = weight.spec();
  const ValueId iteration = graph.add_state("i", {{1}, DType::int64});
  const ValueId rate = graph.add_state("r", {{1}, DType::float32});
  const ValueId w = graph.add_weight("w", spec);
  const ValueId g = graph.add_input("g", spec);
  const ValueId m = graph.add_state("m", spec);
  const ValueId v = graph.add_state("v", spec);
  graph.add(adam.operation(), {iteration, rate, w, g, m, v});
  graph.add(graph::Increment{}, {iteration});
  const Tensor rate_value = Tensor::from<float>({1}, {0.01F});
  Executable executable(std::move(graph),
                        {{iteration, Tensor({1}, DType::int64)},
                         {rate, rate_value},
                         {w, weight},
                         {m, Tensor(spec.shape)},
                         {v, Tensor(spec.shape)}},
                        {.device = GetParam()});
  for (std::int64_t step = 0; step < 5; ++step) {
    SCOPED_TRACE(step);
    executable.input("g").copy_from(
        gradients.rows(step, 1).reshaped(spec.shape));
    executable.run();
    // Five float32 updates of 0.01 on weights near 1.
    testing::expect_close(weight, expected.rows(step, 1).reshaped(spec.shape),
                          1e-6, 1e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(Devices, KerasValues,
                         ::testing::Values(Device::reference, Device::cpu),
                         [](const auto& device) {
                           return std::string(name_of(device.param));
                         });

TEST(KerasMetrics, AccuracyAndMeanIoU) {
  const GoldenFile golden("train.h5");
  const Tensor truth = golden.read("metrics/truth");
  const Tensor predicted = golden.read("metrics/predicted");
  const Tensor matrix({3, 3}, DType::int64);
  for (std::size_t i = 0; i < truth.values<std::uint8_t>().size(); ++i) {
    matrix.values<std::int64_t>()[truth.values<std::uint8_t>()[i] * 3U +
                                  predicted.values<std::uint8_t>()[i]] += 1;
  }
  ConfusionCounts counts(3);
  counts.add(matrix);
  // Keras reports float32.
  EXPECT_NEAR(counts.accuracy(),
              golden.read("metrics/accuracy").values<double>()[0], 1e-7);
  EXPECT_NEAR(counts.mean_iou(),
              golden.read("metrics/mean_iou").values<double>()[0], 1e-7);
}

}  // namespace
}  // namespace lathe::train
