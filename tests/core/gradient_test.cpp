#include "core/graph/gradient.h"

#include <gtest/gtest.h>

#include <functional>

#include "core/error.h"
#include "core/graph/graph.h"
#include "tests/support/gradient_check.h"
#include "tests/support/random.h"

namespace lathe::graph {
namespace {

using testing::check_gradients;
using testing::GradientCase;
using testing::random_integers;
using testing::TestGraph;

class GradientRule : public ::testing::TestWithParam<GradientCase> {};

TEST_P(GradientRule, AgreesWithCentralDifferences) {
  check_gradients(GetParam());
}

std::string name_of_case(const ::testing::TestParamInfo<GradientCase>& info) {
  return info.param.name;
}

constexpr ActivationKind kKinds[] = {
    ActivationKind::linear, ActivationKind::relu, ActivationKind::sigmoid,
    ActivationKind::swish, ActivationKind::tanh};

std::vector<GradientCase> activation_cases() {
  std::vector<GradientCase> cases;
  for (const ActivationKind kind : kKinds) {
    cases.push_back({std::string(name_of(kind)), [kind](TestGraph& graph) {
                       return graph.apply(Activation{.kind = kind},
                                          {graph.vary({3, 7}, -3, 3)});
                     }});
  }
  for (const ActivationKind kind : kKinds) {
    if (kind == ActivationKind::swish) continue;
    for (const ActivationKind hidden : kKinds) {
      cases.push_back(
          {concat("excitation_", name_of(hidden), "_", name_of(kind)),
           [=](TestGraph& graph) {
             return graph.apply(
                 Excitation{.hidden = hidden, .activation = kind},
                 {graph.vary({3, 1, 1, 4}), graph.vary({1, 1, 4, 2}),
                  graph.vary({2}), graph.vary({1, 1, 2, 5}), graph.vary({5})});
           }});
    }
  }
  cases.push_back(
      {"softmax", [](TestGraph& graph) {
         return graph.apply(Softmax{}, {graph.vary({2, 3, 5}, -3, 3)});
       }});
  return cases;
}

std::vector<GradientCase> normalization_cases() {
  std::vector<GradientCase> cases;
  for (const ActivationKind kind : kKinds) {
    for (const bool residual : {false, true}) {
      cases.push_back(
          {concat("batch_", name_of(kind), residual ? "_residual" : ""),
           [=](TestGraph& graph) {
             const Shape shape{2, 3, 2, 5};
             std::vector<ValueId> inputs{
                 graph.vary(shape), graph.vary({5}, 0.5, 1.5), graph.vary({5})};
             if (residual) inputs.push_back(graph.vary(shape));
             return graph.apply(
                 BatchNormalization{
                     .epsilon = 1e-2, .activation = kind, .residual = residual},
                 inputs);
           }});
    }
  }
  cases.push_back(
      {"fixed", [](TestGraph& graph) {
         const ValueId x = graph.vary({2, 2, 3, 3});
         const ValueId gamma = graph.vary({3});
         const ValueId beta = graph.vary({3});
         const ValueId mean =
             graph.fix(testing::random_tensor({3}, DType::float64, 50));
         const ValueId variance =
             graph.fix(testing::random_tensor({3}, DType::float64, 51, 0.5, 2));
         return graph.apply(FixedNormalization{},
                            {x, gamma, beta, mean, variance});
       }});
  return cases;
}

// Windows that overlap, leave gaps and hang over the edge.
std::vector<GradientCase> pooling_cases() {
  const std::vector<std::pair<std::string, Window2D>> windows{
      {"two", {.kernel = {2, 2}, .strides = {2, 2}}},
      {"overlapping",
       {.kernel = {3, 2}, .strides = {2, 1}, .padding = {1, 1, 0, 1}}},
      {"gaps", {.kernel = {1, 2}, .strides = {2, 3}}},
  };
  std::vector<GradientCase> cases;
  for (const auto& [name, window] : windows) {
    cases.push_back({"max_" + name, [w = window](TestGraph& graph) {
                       return graph.apply(MaxPooling{.window = w},
                                          {graph.vary({2, 5, 6, 3})});
                     }});
    cases.push_back({"average_" + name, [w = window](TestGraph& graph) {
                       return graph.apply(AveragePooling{.window = w},
                                          {graph.vary({2, 5, 6, 3})});
                     }});
  }
  return cases;
}

std::vector<GradientCase> upsampling_cases() {
  std::vector<GradientCase> cases;
  for (const auto kind : {UpSamplingKind::nearest, UpSamplingKind::bilinear}) {
    for (const Size2D factor : {Size2D{2, 2}, Size2D{3, 1}, Size2D{2, 5}}) {
      cases.push_back(
          {concat(kind == UpSamplingKind::nearest ? "nearest_" : "bilinear_",
                  factor.height, "_", factor.width),
           [=](TestGraph& graph) {
             return graph.apply(UpSampling{.factor = factor, .kind = kind},
                                {graph.vary({2, 3, 2, 3})});
           }});
    }
  }
  return cases;
}

std::vector<GradientCase> elementwise_cases() {
  const auto multiply = [](const std::string& name, const Shape& b) {
    return GradientCase{name, [b](TestGraph& graph) {
                          return graph.apply(
                              Multiply{},
                              {graph.vary({2, 3, 2, 4}), graph.vary(b)});
                        }};
  };
  const auto reduce = [](const std::string& name, const Shape& target) {
    return GradientCase{name, [target](TestGraph& graph) {
                          return graph.apply(ReduceSum{.target = target},
                                             {graph.vary({2, 3, 2, 4})});
                        }};
  };
  return {
      {"add",
       [](TestGraph& graph) {
         return graph.apply(Add{}, {graph.vary({3, 4}), graph.vary({3, 4})});
       }},
      {"affine",
       [](TestGraph& graph) {
         return graph.apply(Affine{.scale = -2.5, .offset = 1},
                            {graph.vary({3, 4})});
       }},
      {"offset",
       [](TestGraph& graph) {
         return graph.apply(Affine{.offset = 1}, {graph.vary({3, 4})});
       }},
      multiply("multiply_same", {2, 3, 2, 4}),
      multiply("multiply_channels_of_each_image", {2, 1, 1, 4}),
      multiply("multiply_channels", {4}),
      multiply("multiply_pixels", {2, 3, 2, 1}),
      multiply("multiply_scalar", {1}),
      {"multiply_and_add_channels",
       [](TestGraph& graph) {
         return graph.apply(Multiply{},
                            {graph.vary({2, 3, 2, 4}), graph.vary({2, 1, 1, 4}),
                             graph.vary({2, 1, 1, 4})});
       }},
      {"multiply_and_add_same",
       [](TestGraph& graph) {
         return graph.apply(Multiply{}, {graph.vary({3, 2}), graph.vary({3, 2}),
                                         graph.vary({3, 2})});
       }},
      {"sum_of_products",
       [](TestGraph& graph) {
         return graph.apply(
             ReduceSum{.target = {2, 1, 1, 4}},
             {graph.vary({2, 3, 2, 4}), graph.vary({2, 3, 2, 4})});
       }},
      reduce("sum_to_channels", {4}),
      reduce("sum_to_images", {2, 1, 1, 4}),
      reduce("sum_of_channels", {2, 3, 2, 1}),
      reduce("sum_of_all", {1}),
  };
}

std::vector<GradientCase> arrangement_cases() {
  return {
      {"concatenate_channels",
       [](TestGraph& graph) {
         return graph.apply(Concatenate{.axis = 3},
                            {graph.vary({2, 2, 3, 1}), graph.vary({2, 2, 3, 3}),
                             graph.vary({2, 2, 3, 2})});
       }},
      {"concatenate_rows",
       [](TestGraph& graph) {
         return graph.apply(Concatenate{.axis = 0},
                            {graph.vary({2, 3}), graph.vary({1, 3})});
       }},
      {"slice",
       [](TestGraph& graph) {
         return graph.apply(Slice{.begin = {0, 1, 2}, .extents = {2, 2, 1}},
                            {graph.vary({2, 4, 3})});
       }},
      {"pad",
       [](TestGraph& graph) {
         return graph.apply(Pad{.before = {0, 1, 2}, .after = {1, 0, 3}},
                            {graph.vary({2, 2, 3})});
       }},
      {"reshape",
       [](TestGraph& graph) {
         return graph.apply(Reshape{.shape = {3, 4}}, {graph.vary({2, 6})});
       }},
      {"merged_weights",
       [](TestGraph& graph) {
         return graph.apply(MergedWeights{.factor = {2, 3}},
                            {graph.vary({2, 3, 4, 2})});
       }},
      {"merged_transposed_weights",
       [](TestGraph& graph) {
         return graph.apply(MergedWeights{.factor = {3, 2}, .transposed = true},
                            {graph.vary({2, 3, 4, 2})});
       }},
      {"dropout",
       [](TestGraph& graph) {
         const auto draw = Tensor::from<std::int64_t>({5}, {9, 2, 4, 7, 1});
         return graph.apply(Dropout{.rate = 0.4, .operation = 3},
                            {graph.vary({3, 4, 5}), graph.fix(draw)});
       }},
      {"dropout_of_channels",
       [](TestGraph& graph) {
         const auto draw = Tensor::from<std::int64_t>({4}, {9, 2, 4, 7});
         return graph.apply(Dropout{.rate = 0.4, .noise_shape = {1, 1, 6}},
                            {graph.vary({2, 2, 3, 6}), graph.fix(draw)});
       }},
  };
}

// Targets below `classes` and, every fifth, one to ignore.
Tensor targets_with_ignored(Shape shape, DType dtype, std::uint32_t classes) {
  Tensor targets = random_integers(std::move(shape), dtype, 70, classes);
  for (std::int64_t i = 0; i < targets.elements(); i += 5) {
    if (dtype == DType::uint8) {
      targets.data<std::uint8_t>()[i] = kIgnoredTarget;
    } else {
      targets.data<std::int32_t>()[i] = kIgnoredLabel;
    }
  }
  return targets;
}

// Distributions over the last axis; every third is zero, to ignore.
Tensor distributions(const Shape& shape) {
  Tensor targets = testing::random_tensor(shape, DType::float64, 71, 0, 1);
  const std::int64_t classes = shape.back();
  for (std::int64_t i = 0; i < targets.elements(); i += 3 * classes) {
    std::fill_n(targets.data<double>() + i, classes, 0.0);
  }
  return targets;
}

// Plain, smoothed, weighted, and both.
std::vector<LossOptions> loss_options(bool from_logits,
                                      std::vector<float> class_weights) {
  return {{.from_logits = from_logits},
          {.from_logits = from_logits, .label_smoothing = 0.3},
          {.from_logits = from_logits, .class_weights = class_weights},
          {.from_logits = from_logits,
           .label_smoothing = 0.1,
           .class_weights = class_weights}};
}

std::vector<GradientCase> loss_cases() {
  std::vector<GradientCase> cases;
  const auto add = [&](const std::string& name, const auto& loss,
                       const Shape& shape, const Tensor& targets) {
    const bool from_logits = loss.options.from_logits;
    const double low = from_logits ? -3 : 0.1;
    const double high = from_logits ? 3 : 0.9;
    cases.push_back({concat(name, "_", targets.dtype(), "_", cases.size()),
                     [=](TestGraph& graph) {
                       return graph.apply(loss, {graph.vary(shape, low, high),
                                                 graph.fix(targets)});
                     }});
  };
  for (const bool from_logits : {false, true}) {
    for (const DType dtype : {DType::uint8, DType::int32}) {
      for (const LossOptions& options : loss_options(from_logits, {0.5F, 2})) {
        add("binary", BinaryCrossentropy{options}, {2, 3, 4, 1},
            targets_with_ignored({2, 3, 4, 1}, dtype, 2));
      }
      for (const LossOptions& options :
           loss_options(from_logits, {0.5F, 2, 1, 0, 3})) {
        add("categorical", CategoricalCrossentropy{options}, {2, 3, 2, 5},
            targets_with_ignored({2, 3, 2}, dtype, 5));
      }
    }
    for (const LossOptions& options :
         loss_options(from_logits, {0.5F, 2, 1, 0, 3})) {
      add("categorical", CategoricalCrossentropy{options}, {4, 2, 5},
          distributions({4, 2, 5}));
    }
  }
  for (const DType dtype : {DType::uint8, DType::int32}) {
    for (const bool from_logits : {false, true}) {
      for (const double gamma : {0.5, 1.0, 2.5}) {
        const LossOptions focal{.from_logits = from_logits, .gamma = gamma};
        add("focal", BinaryCrossentropy{focal}, {2, 3, 4, 1},
            targets_with_ignored({2, 3, 4, 1}, dtype, 2));
        add("focal", CategoricalCrossentropy{focal}, {2, 3, 2, 5},
            targets_with_ignored({2, 3, 2}, dtype, 5));
      }
    }
    for (const bool per_class : {false, true}) {
      for (const std::int64_t classes : {1, 5}) {
        const Tensor targets = targets_with_ignored(
            {2, 3, 2}, dtype,
            static_cast<std::uint32_t>(std::max<std::int64_t>(classes, 2)));
        cases.push_back(
            {concat("dice_", dtype, "_", cases.size()), [=](TestGraph& graph) {
               return graph.apply(Dice{.per_class = per_class},
                                  {graph.vary({2, 3, 2, classes}, 0.1, 0.9),
                                   graph.fix(targets)});
             }});
      }
    }
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Activation, GradientRule,
                         ::testing::ValuesIn(activation_cases()), name_of_case);
INSTANTIATE_TEST_SUITE_P(Normalization, GradientRule,
                         ::testing::ValuesIn(normalization_cases()),
                         name_of_case);
INSTANTIATE_TEST_SUITE_P(Pooling, GradientRule,
                         ::testing::ValuesIn(pooling_cases()), name_of_case);
INSTANTIATE_TEST_SUITE_P(UpSampling, GradientRule,
                         ::testing::ValuesIn(upsampling_cases()), name_of_case);
INSTANTIATE_TEST_SUITE_P(Elementwise, GradientRule,
                         ::testing::ValuesIn(elementwise_cases()),
                         name_of_case);
INSTANTIATE_TEST_SUITE_P(Arrangement, GradientRule,
                         ::testing::ValuesIn(arrangement_cases()),
                         name_of_case);
INSTANTIATE_TEST_SUITE_P(Loss, GradientRule, ::testing::ValuesIn(loss_cases()),
                         name_of_case);

}  // namespace
}  // namespace lathe::graph
