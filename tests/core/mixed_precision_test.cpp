#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/compiler/executable.h"
#include "core/cpu/target.h"
#include "core/error.h"
#include "core/graph/bfloat16.h"
#include "core/graph/gradient.h"
#include "core/graph/passes/passes.h"
#include "core/philox.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"

namespace lathe::graph {
namespace {

using testing::random_integers;
using testing::random_tensor;

constexpr auto kFloat = DType::float32;

// A network from images to a loss, its gradients marked, and what it is given.
struct Network {
  Graph graph;
  std::map<ValueId, Tensor> given;
  std::vector<ValueId> weights;
  std::uint64_t seed = 0;

  ValueId weight(const Shape& shape, double low, double high) {
    const ValueId id =
        graph.add_weight(concat("w", weights.size()), {shape, kFloat});
    weights.push_back(id);
    given[id] = random_tensor(shape, kFloat, ++seed, low, high);
    return id;
  }
  // Weights that keep the size of what they are applied to.
  ValueId convolution(ValueId x, std::int64_t side, std::int64_t filters,
                      std::int64_t groups = 1) {
    const std::int64_t channels = graph.shape(x)[3] / groups;
    const std::int64_t pad = side / 2;
    const double size =
        1.7 / std::sqrt(static_cast<double>(side * side * channels));
    return graph.apply(Convolution{.window = {.kernel = {side, side},
                                              .padding = {pad, pad, pad, pad}},
                                   .groups = groups,
                                   .filters = filters},
                       {x, weight({side, side, channels, filters}, -size, size),
                        weight({filters}, -0.1, 0.1)});
  }
  ValueId normalization(ValueId x) {
    const Shape channels{graph.shape(x)[3]};
    return graph.apply(BatchNormalization{}, {x, weight(channels, 0.5, 1.5),
                                              weight(channels, -0.5, 0.5)});
  }
  ValueId squeeze_and_excite(ValueId x) {
    const Shape shape = graph.shape(x);
    ValueId mean = graph.apply(
        AveragePooling{.window = {.kernel = {shape[1], shape[2]}}}, {x});
    mean = activation(convolution(mean, 1, 2), ActivationKind::swish);
    mean = activation(convolution(mean, 1, shape[3]), ActivationKind::sigmoid);
    return graph.apply(Multiply{}, {x, mean});
  }
  ValueId activation(ValueId x, ActivationKind kind) {
    return graph.apply(Activation{.kind = kind}, {x});
  }
};

// Layers drawn one after another, a head, a loss and all gradients.
Network random_network(std::uint64_t seed) {
  Network net{.seed = seed * 1000};
  Graph& graph = net.graph;
  Philox random({.seed = seed});
  const ValueId x = graph.add_input("x", {{2, 8, 8, 3}, kFloat});
  net.given[x] = random_tensor({2, 8, 8, 3}, kFloat, seed);
  ValueId y = net.convolution(x, 3, 6);
  for (int layer = 0; layer < 6; ++layer) {
    const Shape shape = graph.shape(y);
    switch (random.below(9)) {
      case 0:
        y = net.normalization(net.convolution(y, 3, 6));
        break;
      case 1:
        y = net.activation(y, ActivationKind::relu);
        break;
      case 2:
        y = net.activation(y, ActivationKind::swish);
        break;
      case 3:
        y = graph.apply(Add{}, {y, net.convolution(y, 1, shape[3])});
        break;
      case 4:
        y = net.squeeze_and_excite(y);
        break;
      case 5:
        y = net.convolution(y, 3, shape[3], shape[3]);
        break;
      case 6:
        if (shape[1] > 2) {
          y = graph.apply(
              MaxPooling{.window = {.kernel = {2, 2}, .strides = {2, 2}}}, {y});
        }
        break;
      case 7:
        y = graph.apply(UpSampling{.factor = {2, 2}}, {y});
        break;
      default:
        y = graph.apply(Concatenate{.axis = 3}, {y, net.convolution(y, 1, 2)});
    }
  }
  y = net.activation(net.convolution(y, 1, 1), ActivationKind::sigmoid);
  const ValueId t = graph.add_input("t", {graph.shape(y), DType::uint8});
  net.given[t] = random_integers(graph.shape(y), DType::uint8, seed, 2);
  graph.mark_output("y", y);
  const ValueId loss = graph.apply(BinaryCrossentropy{}, {y, t});
  graph.mark_output("loss", loss);
  run_passes(graph, forward_passes(), {});
  const auto gradients = differentiate(graph, loss, net.weights);
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    graph.mark_output(concat("gradient ", i), gradients[i]);
  }
  return net;
}

Executable compiled(const Network& net, Precision precision,
                    Device device = Device::reference,
                    const std::vector<std::string>& disabled = {}) {
  Executable::Bindings bindings;
  for (const ValueId id : net.weights) bindings[id] = net.given.at(id);
  Executable executable(
      net.graph, bindings,
      {.device = device, .precision = precision, .disabled_passes = disabled});
  for (const auto& [id, tensor] : net.given) {
    if (net.graph.value(id).role == Role::input) {
      executable.input(net.graph.value(id).name).copy_from(tensor);
    }
  }
  return executable;
}

double length(const Tensor& a) {
  double sum = 0;
  for (std::int64_t i = 0; i < a.elements(); ++i) {
    sum += testing::element(a, i) * testing::element(a, i);
  }
  return std::sqrt(sum);
}

double distance(const Tensor& a, const Tensor& b) {
  const Tensor apart(a.shape());
  for (std::size_t i = 0; i < apart.values<float>().size(); ++i) {
    apart.values<float>()[i] = a.values<float>()[i] - b.values<float>()[i];
  }
  return length(apart);
}

std::size_t count(const Graph& graph, std::string_view name) {
  return static_cast<std::size_t>(std::count_if(
      graph.nodes().begin(), graph.nodes().end(),
      [&](const Node& node) { return name_of(node.operation) == name; }));
}

// Each node has bfloat16 in all the places where it can, or in none.
void expect_sound(const Graph& graph) {
  for (const Node& node : graph.nodes()) {
    SCOPED_TRACE(node.name);
    if (std::holds_alternative<Cast>(node.operation)) continue;
    const Specs inputs = graph.specs(node.inputs);
    const Specs outputs = graph.specs(node.outputs);
    const auto is_half = [](const TensorSpec& spec) {
      return spec.dtype == DType::bfloat16;
    };
    const bool any = std::any_of(inputs.begin(), inputs.end(), is_half) ||
                     std::any_of(outputs.begin(), outputs.end(), is_half);
    if (!any) continue;
    const auto values = bfloat16_values(node.operation, in_float32(inputs));
    ASSERT_TRUE(values);
    EXPECT_EQ(inputs, in_bfloat16(in_float32(inputs), values->inputs));
    EXPECT_EQ(outputs, in_bfloat16(in_float32(outputs), values->outputs));
  }
  for (const auto& [name, id] : graph.outputs()) {
    EXPECT_NE(graph.value(id).spec.dtype, DType::bfloat16) << name;
  }
}

// A rounding is 2^-8 at most, and a gradient has some forty behind it. What is
// seen is up to 0.12, because rectifiers and the largest of a window choose
// otherwise where two values are close, and these images have few. A value put
// where another belongs makes it about 1.
constexpr double kDistance = 0.25;

// Runs both, and compares what they give as vectors. Gradients are sums that
// may nearly cancel, so their measure is the longest of them. The largest
// distance there is.
double compare(Executable& actual, Executable& expected) {
  actual.run();
  expected.run();
  const auto& outputs = expected.graph().outputs();
  double longest = 0;
  for (const auto& [name, id] : outputs) {
    if (name.starts_with("gradient")) {
      longest = std::max(longest, length(expected.output(name)));
    }
  }
  double worst = 0;
  for (const auto& [name, id] : outputs) {
    const Tensor right = expected.output(name);
    const double measure =
        name.starts_with("gradient") ? longest : length(right);
    const double apart = distance(actual.output(name), right) / measure;
    EXPECT_LT(apart, kDistance) << name;
    worst = std::max(worst, apart);
  }
  return worst;
}

TEST(MixedPrecision, GivesWhatFloat32DoesButForRoundings) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    SCOPED_TRACE(concat("seed ", seed));
    const Network net = random_network(seed);
    Executable exact = compiled(net, Precision::fp32);
    Executable mixed = compiled(net, Precision::bf16);
    expect_sound(mixed.graph());
    EXPECT_GT(mixed.bfloat16_operations(), 6U);
    EXPECT_GT(compare(mixed, exact), 1e-4) << "nothing was rounded";
  }
}

// Sums of another order may round to the other neighbour.
TEST(MixedPrecision, IsTheSameOnTheCpu) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(concat("seed ", seed));
    const Network net = random_network(seed);
    Executable specified = compiled(net, Precision::bf16);
    Executable actual =
        compiled(net, Precision::bf16, Device::cpu, {"measured_precision"});
    EXPECT_EQ(actual.bfloat16_operations(), specified.bfloat16_operations());
    compare(actual, specified);
  }
}

TEST(MixedPrecision, CastsTheWeightsOnceAndInOneNode) {
  const Network net = random_network(4);
  const Executable mixed = compiled(net, Precision::bf16);
  const Node& first = mixed.graph().nodes().front();
  ASSERT_TRUE(std::holds_alternative<Cast>(first.operation));
  EXPECT_GT(first.inputs.size(), 3U);
  std::set<ValueId> cast;
  for (const Node& node : mixed.graph().nodes()) {
    if (!std::holds_alternative<Cast>(node.operation)) continue;
    for (const ValueId id : node.inputs) {
      EXPECT_TRUE(cast.insert(id).second) << mixed.graph().value(id).name;
      if (mixed.graph().value(id).role == Role::weight) {
        EXPECT_EQ(&node, &first);
      }
    }
  }
}

// Activations at half the size, gradients too.
TEST(MixedPrecision, HalvesTheMemory) {
  Network net;
  Graph& graph = net.graph;
  const ValueId x = graph.add_input("x", {{2, 32, 32, 3}, kFloat});
  net.given[x] = random_tensor({2, 32, 32, 3}, kFloat, 1);
  ValueId y = x;
  for (int i = 0; i < 8; ++i) {
    y = net.activation(net.normalization(net.convolution(y, 3, 16)),
                       ActivationKind::relu);
  }
  const ValueId sum = graph.apply(ReduceSum{.target = {1}}, {y});
  const auto gradients = differentiate(graph, sum, net.weights);
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    graph.mark_output(concat("gradient ", i), gradients[i]);
  }
  const auto bytes = [&](Precision precision) {
    const Executable executable = compiled(net, precision);
    return static_cast<double>(executable.arena_bytes() -
                               executable.workspace_bytes());
  };
  EXPECT_LT(bytes(Precision::bf16), 0.6 * bytes(Precision::fp32));
}

TEST(MixedPrecision, LeavesAloneWhatIsNotChosen) {
  const Network net = random_network(7);
  Graph graph = net.graph;
  mixed_precision(graph,
                  [](const Operation&, const Signature&) { return false; });
  EXPECT_EQ(count(graph, "cast"), 0U);
  EXPECT_EQ(graph.nodes().size(), net.graph.nodes().size());
  // Without instructions for it none of the processor's kernels is faster.
  if (!cpu::has_bfloat16_instructions()) {
    EXPECT_EQ(compiled(net, Precision::bf16, Device::cpu).bfloat16_operations(),
              0U);
  }
  EXPECT_EQ(
      compiled(net, Precision::bf16, Device::reference, {"mixed_precision"})
          .bfloat16_operations(),
      0U);
}

// The means of squeeze-and-excite, one pixel an image, aren't worth a cast; a
// sigmoid is float32 always.
TEST(MixedPrecision, KeepsSigmoidsAndSumsInFloat32) {
  Network net;
  Graph& graph = net.graph;
  const ValueId x = graph.add_input("x", {{2, 8, 8, 4}, kFloat});
  const ValueId y = net.convolution(x, 3, 4);
  const ValueId mean =
      graph.apply(AveragePooling{.window = {.kernel = {8, 8}}}, {y});
  const ValueId excited =
      net.activation(net.convolution(mean, 1, 4), ActivationKind::sigmoid);
  graph.mark_output("z", graph.apply(Multiply{}, {y, excited}));
  mixed_precision(graph,
                  [](const Operation&, const Signature&) { return true; });
  EXPECT_EQ(graph.value(excited).spec.dtype, kFloat);
  // The image, the weights, and the result.
  EXPECT_EQ(count(graph, "cast"), 3U);
  expect_sound(graph);
}

}  // namespace
}  // namespace lathe::graph
