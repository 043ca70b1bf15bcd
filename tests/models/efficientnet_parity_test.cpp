#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/error.h"
#include "core/graph/gradient.h"
#include "core/graph/passes/passes.h"
#include "models/efficientnet.h"
#include "tests/golden/golden_file.h"
#include "tests/support/compare.h"
#include "tests/support/device.h"
#include "tests/support/passes.h"
#include "train/trainer.h"

namespace lathe::models {
namespace {

using testing::device;
using testing::element;
using testing::expect_close;
using testing::GoldenFile;
using testing::largest;

// What follows repeats tests/golden/efficientnet.py.
constexpr std::int64_t kSize = 64;
constexpr std::int64_t kBatch = 4;
constexpr std::int64_t kClasses = 5;
constexpr std::int64_t kBlock = 8;
constexpr std::uint64_t kPlaces = 1U << 20;
constexpr std::uint64_t kPixels = 2U << 20;
constexpr std::uint64_t kBlocks = 3U << 20;
constexpr std::uint64_t kTargets = 4U << 20;

// splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
// generators", 2014), 24 bits in [0, 1).
double number(std::uint64_t stream, std::int64_t index) {
  std::uint64_t z =
      (stream << 32) + static_cast<std::uint64_t>(index) + 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  z ^= z >> 31;
  return static_cast<double>(z >> 40) / (1 << 24);
}

std::pair<double, double> span_of(const layers::Weight& weight) {
  const std::string& name = weight.name;
  const Shape& shape = weight.tensor.shape();
  if (name == "gamma" || name == "moving_variance") return {0.5, 1.5};
  if (name == "bias" || name == "beta" || name == "moving_mean") {
    return {-0.1, 0.1};
  }
  if (name == "mean") return {0.4, 0.6};
  if (name == "variance") return {0.05, 0.1};
  const std::int64_t inputs =
      shape.back() == 1 ? shape[0] * shape[1] : shape.elements() / shape.back();
  const double most = std::sqrt(3.0 / static_cast<double>(inputs));
  return {-most, most};
}

Model keras_efficientnet(const char* variant) {
  Model model =
      efficientnet({.variant = variant,
                    .classes = kClasses,
                    .classifier_activation = layers::ActivationFunction::linear,
                    .size = ImageSize{kSize, kSize},
                    .drop_connect_rate = 0,
                    .dropout_rate = 0});
  const auto weights = model.weights();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i].name == "count") continue;
    const auto [low, high] = span_of(weights[i]);
    const auto values = weights[i].tensor.values<float>();
    for (std::size_t k = 0; k < values.size(); ++k) {
      values[k] = static_cast<float>(
          low + (high - low) * number(i, static_cast<std::int64_t>(k)));
    }
  }
  return model;
}

train::Batch keras_batch(std::int64_t step) {
  train::Batch batch;
  batch.images = Tensor({kBatch, kSize, kSize, 3}, DType::uint8);
  batch.targets = Tensor({kBatch, 1}, DType::int32);
  batch.size = kBatch;
  auto* pixel = batch.images.data<std::uint8_t>();
  constexpr std::int64_t kSide = kSize / kBlock;
  for (std::int64_t i = 0; i < kBatch; ++i) {
    const std::int64_t n = step * kBatch + i;
    batch.sample_ids.push_back(static_cast<std::uint32_t>(n));
    batch.targets.data<std::int32_t>()[i] =
        static_cast<std::int32_t>(kClasses * number(kTargets, n));
    for (std::int64_t y = 0; y < kSize; ++y) {
      for (std::int64_t x = 0; x < kSize; ++x) {
        for (std::int64_t c = 0; c < 3; ++c) {
          const std::int64_t block =
              ((n * kSide + y / kBlock) * kSide + x / kBlock) * 3 + c;
          const std::int64_t place = ((n * kSize + y) * kSize + x) * 3 + c;
          *pixel++ = static_cast<std::uint8_t>(192 * number(kBlocks, block) +
                                               63 * number(kPixels, place));
        }
      }
    }
  }
  return batch;
}

Tensor as_float(const Tensor& images) {
  const Tensor result(images.shape());
  for (std::int64_t i = 0; i < images.elements(); ++i) {
    result.data<float>()[i] = images.data<std::uint8_t>()[i];
  }
  return result;
}

// The norm of a tensor, then elements of it, as many as `expected` has.
Tensor digest(std::size_t i, const Tensor& tensor, const Tensor& expected) {
  const Tensor result(expected.shape());
  double squares = 0;
  for (const float value : tensor.values<float>()) {
    squares += static_cast<double>(value) * value;
  }
  result.data<float>()[0] = static_cast<float>(std::sqrt(squares));
  for (std::int64_t k = 1; k < expected.elements(); ++k) {
    const auto place = static_cast<std::int64_t>(
        static_cast<double>(tensor.elements()) * number(kPlaces + i, k - 1));
    result.data<float>()[k] = tensor.data<float>()[place];
  }
  return result;
}

// Logits to a ten-thousandth of the largest: a hundred layers in float32, whose
// sums run in another order.
void expect_same_logits(const Tensor& actual, const Tensor& expected) {
  expect_close(actual, expected, 0, 1e-4 * largest(expected));
}

TEST(EfficientNetParity, B3PredictsTheSame) {
  const GoldenFile golden("efficientnet.h5");
  expect_same_logits(keras_efficientnet("b3").predict(keras_batch(0).images,
                                                      {.device = device()}),
                     golden.read("b3/prediction"));
}

TEST(EfficientNetParity, B0PredictsTheSame) {
  const GoldenFile golden("efficientnet.h5");
  expect_same_logits(keras_efficientnet("b0").predict(keras_batch(0).images,
                                                      {.device = device()}),
                     golden.read("b0/prediction"));
}

// A step for the gradients of the weights; its loss and gradients are outputs.
struct GradientStep {
  explicit GradientStep(const Model& model, const Tensor& targets,
                        const std::vector<std::string>& disabled)
      : lowered(model.lower({.batch = kBatch, .training = true})) {
    graph::Graph& graph = lowered.graph;
    const auto target = graph.add_input("target", targets.spec());
    const auto loss = train::add_loss(
        graph, train::SparseCategoricalCrossentropy{.from_logits = true},
        lowered.outputs[0], target);
    graph.mark_output("output", lowered.outputs[0]);
    graph.mark_output("loss", loss);
    graph::run_passes(graph, graph::forward_passes(device()), disabled);
    const auto gradients = graph::differentiate(graph, loss, lowered.trainable);
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      graph.mark_output(concat("gradient ", i), gradients[i]);
    }
    lowered.bindings[lowered.statistics_count] = Tensor({1}, DType::int64);
  }

  // Of the graph that will run.
  std::string text(const std::vector<std::string>& disabled) const {
    graph::Graph graph = lowered.graph;
    graph::run_passes(graph, graph::final_passes({}, device()), disabled);
    return testing::text_of(graph);
  }

  LoweredModel lowered;
};

void expect_same_gradients(const Model& model, Executable& executable,
                           const GoldenFile& golden) {
  int zeros = 0;
  for (std::size_t i = 0; i < model.trainable_weights().size(); ++i) {
    SCOPED_TRACE(model.trainable_weights()[i].name);
    const Tensor expected = golden.read(concat("b0/gradients/", i));
    const Tensor actual =
        digest(i, executable.output(concat("gradient ", i)), expected);
    const double most = largest(expected.rows(1, expected.elements() - 1));
    // A thousandth of the largest of the elements: each gradient passed up to
    // eighty layers. That element is above 6e-4 everywhere, but for a beta
    // before a convolution that is normalised again: its gradient is zero in
    // exact arithmetic, and what is left is rounding, some 1e-7 on either side.
    if (most > 1e-5) {
      expect_close(actual, expected, 1e-3, 1e-3 * most);
      continue;
    }
    EXPECT_LE(largest(actual), 2e-6);
    ++zeros;
  }
  EXPECT_EQ(zeros, 16) << "one a block";
}

TEST(EfficientNetParity, GradientsAgreeWithEveryChoiceOfPasses) {
  const GoldenFile golden("efficientnet.h5");
  const Model model = keras_efficientnet("b0");
  const train::Batch batch = keras_batch(0);
  // Passes that change nothing here need no step without them.
  std::set<std::string> seen;
  for (const auto& disabled : testing::choices_of_passes()) {
    GradientStep step(model, batch.targets, disabled);
    if (!seen.insert(step.text(disabled)).second) continue;
    SCOPED_TRACE(testing::name_of_choice(disabled));
    Executable executable(step.lowered.graph, step.lowered.bindings,
                          {.device = device(), .disabled_passes = disabled});
    executable.input(step.lowered.graph.value(step.lowered.inputs[0]).name)
        .copy_from(as_float(batch.images));
    executable.input("target").copy_from(batch.targets);
    executable.run();
    expect_same_logits(executable.output("output"), golden.read("b0/output"));
    expect_same_gradients(model, executable, golden);
  }
  EXPECT_GT(seen.size(), 6U);
}

TEST(EfficientNetParity, TenStepsOfAdamLoseTheSame) {
  const GoldenFile golden("efficientnet.h5");
  const Model model = keras_efficientnet("b0");
  train::Trainer trainer(
      model, {.optimizer = train::Adam{.learning_rate = 1e-4},
              .loss = train::SparseCategoricalCrossentropy{.from_logits = true},
              .device = device(),
              .statistics_warm_up = -1});
  const Tensor losses = golden.read("b0/losses");
  for (std::int64_t step = 0; step < losses.elements(); ++step) {
    SCOPED_TRACE(step);
    train::Batch batch = keras_batch(step);
    const double expected = element(losses, step);
    const double loss = trainer.train_step(batch).loss;
    // Where a gradient is near zero Adam takes a whole step in either
    // direction, by which Keras differs from itself.
    EXPECT_NEAR(loss, expected, expected * (step == 0 ? 1e-4 : 1e-2));
    if (step > 0) continue;
    std::size_t i = 0;
    for (const layers::Weight& weight : model.weights()) {
      if (weight.name.rfind("moving_", 0) != 0) continue;
      SCOPED_TRACE(concat(weight.name, ' ', i));
      const Tensor statistics = golden.read(concat("b0/statistics/", i));
      // A hundredth of them is the batch's, known to some 1e-5.
      expect_close(digest(i++, weight.tensor, statistics), statistics, 1e-5,
                   1e-6);
    }
    EXPECT_EQ(i, 98U);
  }
}

}  // namespace
}  // namespace lathe::models
