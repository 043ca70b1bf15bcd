#include "core/graph/passes/passes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/compiler/executable.h"
#include "core/error.h"
#include "core/graph/gradient.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"

namespace lathe::graph {
namespace {

using testing::expect_close;
using testing::random_integers;
using testing::random_tensor;

// A network of everything that passes look for: normalisations with
// activations and sums, doubled rectifiers, zeros around an image, enlarged
// residuals, a sigmoid before the loss, work that nobody needs.
struct Network {
  Graph graph;
  std::vector<ValueId> weights;
  std::map<ValueId, Tensor> given;
  ValueId loss = kNoValue;
};

class Builder {
 public:
  explicit Builder(DType dtype) : dtype_(dtype) {}

  ValueId weight(Shape shape) {
    const ValueId id = network.graph.add_weight(
        concat("w", network.weights.size()), {shape, dtype_});
    network.weights.push_back(id);
    network.given[id] = random_tensor(shape, dtype_, ++seed_, 0.2, 0.8);
    return id;
  }
  ValueId convolution(ValueId x, std::int64_t side, std::int64_t filters) {
    const std::int64_t pad = side / 2;
    return network.graph.apply(
        Convolution{
            .window = {.kernel = {side, side}, .padding = {pad, pad, pad, pad}},
            .filters = filters},
        {x, weight({side, side, network.graph.shape(x)[3], filters}),
         weight({filters})});
  }
  ValueId normalization(ValueId x) {
    const std::int64_t channels = network.graph.shape(x)[3];
    return network.graph.apply(BatchNormalization{},
                               {x, weight({channels}), weight({channels})});
  }
  ValueId activation(ValueId x, ActivationKind kind) {
    return network.graph.apply(Activation{.kind = kind}, {x});
  }
  ValueId enlarge(ValueId x) {
    return network.graph.apply(UpSampling{.factor = {2, 2}}, {x});
  }

  Network network;

 private:
  DType dtype_;
  std::uint64_t seed_ = 0;
};

Network make_network() {
  Builder b(DType::float64);
  Graph& graph = b.network.graph;
  const ValueId x = graph.add_input("x", {{2, 3, 2, 3}, DType::float64});
  const ValueId t = graph.add_input("t", {{2, 8, 8, 1}, DType::uint8});
  b.network.given[x] = random_tensor({2, 3, 2, 3}, DType::float64, 100);
  b.network.given[t] = random_integers({2, 8, 8, 1}, DType::uint8, 101, 2);
  ValueId y =
      graph.apply(Pad{.before = {0, 0, 1, 0}, .after = {0, 0, 1, 0}}, {x});
  y = graph.apply(Pad{.before = {0, 1, 0, 0}, .after = {0, 0, 0, 0}}, {y});
  y = b.normalization(b.convolution(y, 3, 5));
  y = b.activation(y, ActivationKind::relu);
  const ValueId previous = y;
  y = b.activation(y, ActivationKind::relu);
  y = b.normalization(b.convolution(y, 3, 5));
  y = b.activation(y, ActivationKind::swish);
  const ValueId unused = b.convolution(y, 1, 2);
  (void)unused;
  y = b.normalization(b.convolution(y, 3, 5));
  y = graph.apply(Add{}, {y, previous});
  y = b.activation(y, ActivationKind::relu);
  y = b.normalization(b.convolution(y, 3, 4));
  y = b.enlarge(y);
  const ValueId side = b.convolution(b.enlarge(previous), 1, 4);
  y = graph.apply(Add{}, {y, side});
  // Small logits: where a sigmoid saturates, only the joined loss is exact.
  y = graph.apply(Affine{.scale = 0.05}, {b.convolution(y, 3, 1)});
  y = b.activation(y, ActivationKind::sigmoid);
  graph.mark_output("y", y);
  b.network.loss = graph.apply(BinaryCrossentropy{}, {y, t});
  graph.mark_output("loss", b.network.loss);
  // The weights of the unused convolution take no part.
  b.network.weights.erase(b.network.weights.begin() + 8,
                          b.network.weights.begin() + 10);
  return std::move(b.network);
}

std::map<std::string, Tensor> results(const std::vector<std::string>& disabled,
                                      std::size_t& nodes) {
  Network network = make_network();
  run_passes(network.graph, forward_passes(), disabled);
  const auto gradients =
      differentiate(network.graph, network.loss, network.weights);
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    network.graph.mark_output(concat("gradient ", i), gradients[i]);
  }
  Executable::Bindings bindings;
  for (std::size_t v = 0; v < network.graph.values().size(); ++v) {
    const auto id = static_cast<ValueId>(v);
    if (network.graph.value(id).role == Role::weight) {
      bindings[id] = network.given.at(id);
    }
  }
  Executable executable(
      network.graph, bindings,
      {.device = Device::reference, .disabled_passes = disabled});
  for (const auto& [id, tensor] : network.given) {
    if (network.graph.value(id).role == Role::input) {
      executable.input(network.graph.value(id).name).copy_from(tensor);
    }
  }
  executable.run();
  nodes = executable.graph().nodes().size();
  std::map<std::string, Tensor> outputs;
  for (const auto& [name, id] : executable.graph().outputs()) {
    outputs[name] = executable.output(name).clone();
  }
  return outputs;
}

std::vector<std::string> all_passes() {
  std::vector<std::string> names;
  for (const Pass& pass : forward_passes()) names.emplace_back(pass.name);
  return names;
}

// Every pass is exact but for rounding, and in double a dozen layers lose few
// of 16 digits.
constexpr double kRelative = 1e-9;
constexpr double kAbsolute = 1e-11;

TEST(Passes, EachAloneAndAllTogetherComputeWhatThePlainGraphDoes) {
  std::size_t plain_nodes = 0;
  const auto plain = results(all_passes(), plain_nodes);
  std::vector<std::vector<std::string>> cases{{}};
  for (const std::string& kept : all_passes()) {
    std::vector<std::string> disabled = all_passes();
    std::erase(disabled, kept);
    cases.push_back(disabled);
    cases.push_back({kept});
  }
  for (const auto& disabled : cases) {
    std::string names;
    for (const std::string& name : disabled) names += " " + name;
    SCOPED_TRACE("without" + names);
    std::size_t nodes = 0;
    const auto rewritten = results(disabled, nodes);
    ASSERT_EQ(rewritten.size(), plain.size());
    for (const auto& [name, tensor] : plain) {
      SCOPED_TRACE(name);
      expect_close(rewritten.at(name), tensor, kRelative, kAbsolute);
    }
  }
}

std::size_t count(const Graph& graph, std::string_view name) {
  return static_cast<std::size_t>(std::count_if(
      graph.nodes().begin(), graph.nodes().end(),
      [&](const Node& node) { return name_of(node.operation) == name; }));
}

TEST(Passes, EachDoesItsWork) {
  Graph graph = make_network().graph;
  EXPECT_EQ(count(graph, "convolution"), 7U);
  remove_dead_work(graph);
  EXPECT_EQ(count(graph, "convolution"), 6U);
  EXPECT_EQ(count(graph, "activation"), 4U);
  join_loss(graph);
  const auto& loss = graph.nodes().back();
  EXPECT_TRUE(std::get<BinaryCrossentropy>(loss.operation).options.from_logits);
  EXPECT_EQ(count(graph, "pad"), 2U);
  fold_padding(graph);
  EXPECT_EQ(count(graph, "pad"), 0U);
  EXPECT_EQ(count(graph, "upsampling"), 2U);
  fold_upsampling(graph);
  EXPECT_EQ(count(graph, "upsampling"), 1U);
  fuse_normalization(graph);
  EXPECT_EQ(count(graph, "add"), 0U);
  EXPECT_EQ(count(graph, "activation"), 1U);  // the sigmoid, an output
}

TEST(Passes, RefuseAnUnknownName) {
  Graph graph = make_network().graph;
  EXPECT_THROW(run_passes(graph, forward_passes(), {"no_such_pass"}), Error);
}

}  // namespace
}  // namespace lathe::graph
