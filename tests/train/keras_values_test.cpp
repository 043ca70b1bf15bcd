#include <gtest/gtest.h>

#include <algorithm>

#include "core/compiler/executable.h"
#include "core/error.h"
#include "tests/golden/golden_file.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"
#include "train/loss.h"
#include "train/metrics.h"
#include "train/optimizer_state.h"
#include "train/schedule.h"

namespace lathe::train {
namespace {

using graph::Graph;
using graph::ValueId;
using testing::GoldenFile;

class KerasValues : public ::testing::TestWithParam<Device> {};

float loss_of(const Loss& loss, const Tensor& prediction, const Tensor& target,
              Device device, const std::vector<float>& class_weights = {}) {
  Graph graph;
  const ValueId p = graph.add_input("p", prediction.spec());
  const ValueId t = graph.add_input("t", target.spec());
  graph.mark_output("loss", add_loss(graph, loss, p, t, class_weights));
  Executable executable(std::move(graph), {}, {.device = device});
  executable.input("p").copy_from(prediction);
  executable.input("t").copy_from(target);
  executable.run();
  return executable.output("loss").values<float>()[0];
}

// As train.py has them.
const std::vector<float> kClassWeights{0.5F, 2, 1, 3};
constexpr double kSmoothing = 0.2;

// Class ids as labels (int32) instead of class maps (uint8).
Tensor as_labels(const Tensor& targets) {
  Tensor labels(targets.shape(), DType::int32);
  const auto from = targets.values<std::uint8_t>();
  std::transform(
      from.begin(), from.end(), labels.values<std::int32_t>().begin(),
      [](std::uint8_t id) { return id == 255 ? -1 : std::int32_t{id}; });
  return labels;
}

// Checks `name` of a group, from probabilities and from logits, with targets of
// every type.
template <class L>
void expect_loss(const std::string& group, const std::string& name, L loss,
                 Device device, const std::vector<float>& class_weights = {},
                 const std::string& predictions = {}) {
  const GoldenFile golden("train.h5");
  for (const std::string kind : {"probabilities", "logits"}) {
    loss.from_logits = kind == "logits";
    const float expected =
        golden.read(group + "/" + name + "_" + kind).values<float>()[0];
    const Tensor prediction =
        golden.read((predictions.empty() ? group : predictions) + "/" + kind);
    std::vector<Tensor> targets{golden.read(group + "/targets")};
    if (targets[0].dtype() == DType::uint8) {
      targets.push_back(as_labels(targets[0]));
    }
    for (const Tensor& target : targets) {
      SCOPED_TRACE(concat(group, " ", name, " ", kind, " ", target.dtype()));
      // Means of a hundred terms, logarithms and exponentials in float32.
      EXPECT_NEAR(loss_of(loss, prediction, target, device, class_weights),
                  expected, 2e-6 * expected);
    }
  }
}

TEST_P(KerasValues, BinaryCrossentropy) {
  const BinaryCrossentropy loss;
  expect_loss("binary", "loss", loss, GetParam());
  expect_loss("binary", "smooth",
              BinaryCrossentropy{.label_smoothing = kSmoothing}, GetParam());
  expect_loss("binary", "weighted", loss, GetParam(),
              {kClassWeights[0], kClassWeights[1]});
}

TEST_P(KerasValues, SparseCategoricalCrossentropy) {
  const SparseCategoricalCrossentropy loss;
  expect_loss("categorical", "loss", loss, GetParam());
  expect_loss("categorical", "smooth",
              SparseCategoricalCrossentropy{.label_smoothing = kSmoothing},
              GetParam());
  expect_loss("categorical", "weighted", loss, GetParam(), kClassWeights);
  expect_loss("ignored", "weighted", loss, GetParam(), kClassWeights,
              "categorical");
}

TEST_P(KerasValues, CategoricalCrossentropyOfDistributions) {
  const CategoricalCrossentropy loss;
  expect_loss("soft", "loss", loss, GetParam());
  expect_loss("soft", "smooth",
              CategoricalCrossentropy{.label_smoothing = kSmoothing},
              GetParam());
  expect_loss("soft", "weighted", loss, GetParam(), kClassWeights);
}

// Some pixels are ignored, and one of the classes occurs nowhere.
TEST_P(KerasValues, LossesOfMasks) {
  const Device device = GetParam();
  expect_loss("mask", "focal", BinaryFocalCrossentropy{}, device);
  expect_loss("mask", "balanced",
              BinaryFocalCrossentropy{
                  .gamma = 1.5, .alpha = 0.7, .apply_class_balancing = true},
              device);
  expect_loss("mask", "dice", Dice{}, device);
  expect_loss("mask", "dice", Dice{.per_class = true}, device);
  expect_loss("mask", "sum", CrossentropyDice{}, device);
  expect_loss("masks", "focal", CategoricalFocalCrossentropy{}, device);
  const CategoricalFocalCrossentropy balanced{.gamma = 1.5,
                                              .alpha = {0.5, 2, 1, 3}};
  expect_loss("masks", "balanced", balanced, device);
  expect_loss("masks", "dice", Dice{}, device);
  expect_loss("masks", "per_class", Dice{.per_class = true}, device);
  expect_loss("masks", "sum", CrossentropyDice{.per_class = true}, device);
  // Class weights are factors of alpha.
  expect_loss("masks", "balanced",
              CategoricalFocalCrossentropy{.gamma = 1.5, .alpha = {1}}, device,
              kClassWeights);
}

TEST(Loss, IsReadFromTextForAsManyChannels) {
  const auto is = [](const Loss& loss, const auto& expected) {
    return std::holds_alternative<std::decay_t<decltype(expected)>>(loss);
  };
  EXPECT_TRUE(is(loss_from("crossentropy", 1), BinaryCrossentropy{}));
  EXPECT_TRUE(
      is(loss_from("crossentropy", 3), SparseCategoricalCrossentropy{}));
  const auto one = std::get<BinaryFocalCrossentropy>(loss_from("focal", 1));
  EXPECT_EQ(one.gamma, 2);
  EXPECT_FALSE(one.apply_class_balancing);
  const auto balanced = std::get<BinaryFocalCrossentropy>(
      loss_from("focal(alpha=0.6,gamma=3)", 1));
  EXPECT_EQ(balanced.alpha, 0.6);
  EXPECT_EQ(balanced.gamma, 3);
  EXPECT_TRUE(balanced.apply_class_balancing);
  const auto many = std::get<CategoricalFocalCrossentropy>(
      loss_from("focal(gamma=1,alpha=0.5:1:2)", 3));
  EXPECT_EQ(many.alpha, (std::vector<double>{0.5, 1, 2}));
  EXPECT_FALSE(std::get<Dice>(loss_from("dice", 1)).per_class);
  EXPECT_TRUE(std::get<Dice>(loss_from("dice", 3)).per_class);
  EXPECT_FALSE(std::get<Dice>(loss_from("dice(per_class=false)", 3)).per_class);
  EXPECT_TRUE(
      std::get<CrossentropyDice>(loss_from("crossentropy+dice", 3)).per_class);
  EXPECT_THROW(loss_from("hinge", 1), Error);
  EXPECT_THROW(loss_from("focal(beta=1)", 1), Error);
}

TEST(Loss, SaysWhatItDoesNotTake) {
  const auto p = testing::random_tensor({4, 3}, DType::float32, 1, 0.1, 0.9);
  const auto t = Tensor::from<std::uint8_t>({4, 1}, {0, 1, 2, 255});
  EXPECT_THROW(loss_of(Dice{}, p, t, Device::cpu, {1, 2, 3}), Error);
  EXPECT_THROW(
      loss_of(CategoricalFocalCrossentropy{.alpha = {1, 2}}, p, t, Device::cpu),
      Error);
  EXPECT_THROW(
      loss_of(CategoricalFocalCrossentropy{.gamma = -1}, p, t, Device::cpu),
      Error);
  EXPECT_THROW(require_channels(BinaryFocalCrossentropy{}, 3), Error);
  EXPECT_THROW(require_channels(CategoricalFocalCrossentropy{}, 1), Error);
}

// What train.py calls them, as our texts, with their learning rates.
struct OptimizerCase {
  std::string name;
  std::string text;
  double learning_rate = 0.01;
};

const std::vector<OptimizerCase> kOptimizers{
    {"adam", "adam(beta_1=0.8,beta_2=0.95)"},
    {"adam_decayed", "adam(weight_decay=0.1)"},
    {"adamw", "adamw"},
    {"adamw_excluded",
     "adamw(weight_decay=0.5,exclude_from_weight_decay=bias)"},
    {"sgd", "sgd", 0.1},
    {"sgd_momentum", "sgd(momentum=0.9,weight_decay=0.1)", 0.1},
    {"sgd_nesterov", "sgd(momentum=0.9,nesterov=true)", 0.1},
    {"rmsprop", "rmsprop"},
    {"rmsprop_momentum", "rmsprop(rho=0.8,momentum=0.5)"},
    {"rmsprop_centered", "rmsprop(momentum=0.5,centered=true)"},
    {"lion", "lion(weight_decay=0.1)"},
    {"clipvalue", "sgd(momentum=0.9,clipvalue=0.2)", 0.1},
    {"clipnorm", "sgd(momentum=0.9,clipnorm=1)", 0.1},
    {"global_clipnorm", "adam(global_clipnorm=1)"},
    {"accumulation", "adamw(gradient_accumulation_steps=3,clipnorm=0.5)"},
    {"ema", "sgd(use_ema=true,ema_momentum=0.7)", 0.1},
    {"ema_accumulation",
     "adam(use_ema=true,ema_momentum=0.7,gradient_accumulation_steps=2)"},
};

TEST_P(KerasValues, SevenStepsOfEveryOptimizer) {
  const GoldenFile golden("train.h5");
  const std::vector<std::string> names{"kernel", "bias"};
  for (const OptimizerCase& test : kOptimizers) {
    SCOPED_TRACE(test.name);
    std::vector<layers::Weight> weights;
    Graph graph;
    Executable::Bindings bindings;
    std::vector<ValueId> ids;
    std::vector<ValueId> slopes;
    for (const std::string& name : names) {
      weights.push_back(
          {.name = name, .tensor = golden.read("optimizers/" + name).clone()});
      const TensorSpec spec = weights.back().tensor.spec();
      ids.push_back(graph.add_weight(name, spec));
      slopes.push_back(graph.add_input("slope of " + name, spec));
      bindings[ids.back()] = weights.back().tensor;
    }
    OptimizerState state(optimizer_from(test.text, test.learning_rate),
                         weights);
    state.add_update(graph, bindings, ids, slopes);
    Executable executable(std::move(graph), std::move(bindings),
                          {.device = GetParam()});
    for (std::int64_t step = 0; step < 7; ++step) {
      SCOPED_TRACE(step);
      for (const std::string& name : names) {
        const Tensor slope =
            golden.read("optimizers/" + name + "_gradients").rows(step, 1);
        const Tensor input = executable.input("slope of " + name);
        input.copy_from(slope.reshaped(input.shape()));
      }
      executable.run();
      const auto expect = [&](const std::string& suffix) {
        for (std::size_t i = 0; i < names.size(); ++i) {
          SCOPED_TRACE(names[i] + suffix);
          const Tensor& weight = weights[i].tensor;
          const Tensor expected =
              golden.read("optimizers/" + test.name + "/" + names[i] + suffix)
                  .rows(step, 1)
                  .reshaped(weight.shape());
          // Seven float32 updates of weights near 1.
          testing::expect_close(weight, expected, 2e-6, 2e-6);
        }
      };
      expect("");
      if (state.has_averages()) {
        state.swap_averages();
        expect("_average");
        state.swap_averages();
      }
    }
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
  EXPECT_NEAR(counts.mean_f1(), golden.read("metrics/f1").values<double>()[0],
              3e-7);
}

TEST_P(KerasValues, TopFiveWithTies) {
  const GoldenFile golden("train.h5");
  const Tensor rows = golden.read("metrics/rows");
  const Tensor labels = golden.read("metrics/labels");
  Graph graph;
  const ValueId p = graph.add_input("p", rows.spec());
  const ValueId t = graph.add_input("t", labels.spec());
  graph.mark_output("count", graph.apply(graph::TopK{.k = 5}, {p, t}));
  Executable executable(std::move(graph), {}, {.device = GetParam()});
  executable.input("p").copy_from(rows);
  executable.input("t").copy_from(labels);
  executable.run();
  EXPECT_EQ(executable.output("count").values<std::int64_t>()[0],
            golden.read("metrics/top_5").values<std::int64_t>()[0]);
}

TEST(KerasSchedules, HaveTheSameFactors) {
  const GoldenFile golden("train.h5");
  const Tensor steps = golden.read("schedules/steps");
  const std::map<std::string, std::string> texts{
      {"cosine", "cosine(decay_steps=60,alpha=0.1)"},
      {"warm_up",
       "cosine(warmup_steps=10,decay_steps=50,alpha=0.1,initial=0.25)"},
      {"step", "step(boundaries=10:60,gamma=0.2)"}};
  for (const auto& [name, text] : texts) {
    SCOPED_TRACE(text);
    const Schedule schedule = schedule_from(text);
    const Tensor expected = golden.read("schedules/" + name);
    for (std::size_t i = 0; i < steps.values<std::int64_t>().size(); ++i) {
      // Keras computes in float32.
      EXPECT_NEAR(factor(schedule, steps.values<std::int64_t>()[i], 0),
                  expected.values<double>()[i], 1e-6);
    }
  }
}

}  // namespace
}  // namespace lathe::train
