#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "core/graph/gradient.h"
#include "core/graph/passes/passes.h"
#include "models/unet.h"
#include "tests/golden/golden_file.h"
#include "tests/support/compare.h"
#include "tests/support/device.h"
#include "tests/support/passes.h"
#include "train/trainer.h"

namespace lathe::train {
namespace {

using testing::device;
using testing::expect_close;
using testing::GoldenFile;
using testing::largest;

// The narrow U-Net of tests/golden/unet.py with Keras' weights.
models::Model keras_unet(const GoldenFile& golden) {
  models::Model model = models::unet(
      {.size = {32, 32}, .entry_filters = 4, .filters = {8, 12, 16}});
  const auto weights = model.weights();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i].tensor.copy_from(golden.read(concat("weights/", i)));
  }
  return model;
}

Batch keras_batch(const GoldenFile& golden, std::int64_t step) {
  Batch batch;
  const auto at = [&](const char* name, std::int64_t channels) {
    return golden.read(name)
        .rows(step, 1)
        .reshaped({2, 32, 32, channels})
        .clone();
  };
  batch.images = at("images", 3);
  batch.targets = at("masks", 1);
  batch.sample_ids = {0, 1};
  batch.size = 2;
  return batch;
}

// Biases before a normalisation have a gradient of zero in exact arithmetic,
// and below 1e-6 in the file; the largest of all others is above 0.02.
constexpr int kNormalizations = 15;
bool is_rounding(const Tensor& gradient) {
  return largest(gradient) < 1e-5;
}

TEST(KerasParity, PredictsTheSame) {
  const GoldenFile golden("unet.h5");
  const models::Model model = keras_unet(golden);
  // A probability; two dozen layers in float32, whose sums run in another
  // order.
  expect_close(
      model.predict(keras_batch(golden, 0).images, {.device = device()}),
      golden.read("prediction"), 0, 1e-4);
}

double distance(const Tensor& a, const Tensor& b) {
  double squares = 0;
  for (std::int64_t i = 0; i < a.elements(); ++i) {
    const double difference = testing::element(a, i) - testing::element(b, i);
    squares += difference * difference;
  }
  return std::sqrt(squares);
}

TEST(KerasParity, GradientsAgreeWithEveryChoiceOfPasses) {
  const GoldenFile golden("unet.h5");
  for (const auto& disabled : testing::choices_of_passes()) {
    SCOPED_TRACE(testing::name_of_choice(disabled));
    const models::Model model = keras_unet(golden);
    models::LoweredModel lowered = model.lower({.batch = 2, .training = true});
    graph::Graph& graph = lowered.graph;
    const auto target =
        graph.add_input("target", {{2, 32, 32, 1}, DType::uint8});
    const auto loss =
        add_loss(graph, BinaryCrossentropy{}, lowered.outputs[0], target);
    graph.mark_output("output", lowered.outputs[0]);
    graph.mark_output("loss", loss);
    graph::run_passes(graph, graph::forward_passes(device()), disabled);
    const auto gradients = graph::differentiate(graph, loss, lowered.trainable);
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      graph.mark_output(concat("gradient ", i), gradients[i]);
    }
    auto bindings = lowered.bindings;
    const Tensor count({1}, DType::int64);
    bindings[lowered.statistics_count] = count;
    const std::string input = graph.value(lowered.inputs[0]).name;
    Executable executable(std::move(lowered.graph), std::move(bindings),
                          {.device = device(), .disabled_passes = disabled});
    const Batch batch = keras_batch(golden, 0);
    const auto images = executable.input(input).values<float>();
    const auto bytes = batch.images.values<std::uint8_t>();
    std::transform(bytes.begin(), bytes.end(), images.begin(),
                   [](std::uint8_t v) { return static_cast<float>(v) / 255; });
    executable.input("target").copy_from(batch.targets);
    executable.run();
    expect_close(executable.output("output"), golden.read("output"), 0, 1e-4);
    int zeros = 0;
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      SCOPED_TRACE(concat("gradient ", i));
      const Tensor expected = golden.read(concat("gradients/", i));
      const Tensor actual = executable.output(concat("gradient ", i));
      // Sums over thousands of pixels in another order: a thousandth of the
      // largest entry.
      if (!is_rounding(expected)) {
        expect_close(actual, expected, 1e-3, 1e-3 * largest(expected));
        continue;
      }
      // Sums of hundreds of terms near 0.05, some 1e-6 on either side.
      EXPECT_LE(largest(actual), 5e-6);
      ++zeros;
    }
    EXPECT_EQ(zeros, kNormalizations);
  }
}

TEST(KerasParity, TenStepsOfAdamLoseTheSame) {
  const GoldenFile golden("unet.h5");
  Trainer trainer(keras_unet(golden), {.optimizer = Adam{.learning_rate = 1e-4},
                                       .device = device(),
                                       .statistics_warm_up = -1});
  const Tensor losses = golden.read("losses");
  for (std::int64_t step = 0; step < 10; ++step) {
    SCOPED_TRACE(step);
    Batch batch = keras_batch(golden, step);
    const double expected = testing::element(losses, step);
    const double loss = trainer.train_step(batch).loss;
    // Gradients that are zero in exact arithmetic become whole Adam steps in
    // either direction, by which Keras differs from itself as much.
    EXPECT_NEAR(loss, expected, expected * (step == 0 ? 1e-4 : 1e-2));
  }
  // Where they are then: to a hundredth of the way there, of which rounding is
  // seen to make less than a thousandth.
  const auto weights = trainer.model().weights();
  std::size_t trained = 0;
  int zeros = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    SCOPED_TRACE(concat(weights[i].name, ' ', i));
    if (weights[i].name.rfind("moving_", 0) != 0 &&
        is_rounding(golden.read(concat("gradients/", trained++)))) {
      ++zeros;
      continue;
    }
    const Tensor expected = golden.read(concat("moved/", i));
    EXPECT_LE(distance(weights[i].tensor, expected),
              1e-2 * distance(golden.read(concat("weights/", i)), expected));
  }
  EXPECT_EQ(zeros, kNormalizations);
}

}  // namespace
}  // namespace lathe::train
