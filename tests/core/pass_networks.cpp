#include "tests/core/pass_networks.h"

#include "core/error.h"
#include "tests/support/random.h"

namespace lathe::graph {

using testing::random_integers;
using testing::random_tensor;

ValueId PassNetworkBuilder::weight(const Shape& shape) {
  const ValueId id = network.graph.add_weight(
      concat("w", network.weights.size()), {shape, dtype_});
  network.weights.push_back(id);
  network.given[id] = random_tensor(shape, dtype_, ++seed_, 0.2, 0.8);
  return id;
}

ValueId PassNetworkBuilder::convolution(ValueId x, std::int64_t side,
                                        std::int64_t filters) {
  const std::int64_t pad = side / 2;
  return network.graph.apply(
      Convolution{
          .window = {.kernel = {side, side}, .padding = {pad, pad, pad, pad}},
          .filters = filters},
      {x, weight({side, side, network.graph.shape(x)[3], filters}),
       weight({filters})});
}

ValueId PassNetworkBuilder::transposed(ValueId x, std::int64_t side,
                                       std::int64_t channels) {
  const std::int64_t pad = side / 2;
  const Shape shape = network.graph.shape(x);
  return network.graph.apply(
      ConvolutionInputGradient{
          .window = {.kernel = {side, side}, .padding = {pad, pad, pad, pad}},
          .channels = channels,
          .image = {shape[1], shape[2]}},
      {x, weight({side, side, channels, shape[3]}), weight({channels})});
}

ValueId PassNetworkBuilder::pointwise(ValueId x, std::int64_t filters) {
  return network.graph.apply(
      Convolution{.filters = filters},
      {x, weight({1, 1, network.graph.shape(x)[3], filters})});
}

ValueId PassNetworkBuilder::depthwise(ValueId x, std::int64_t side) {
  const std::int64_t pad = side / 2;
  const std::int64_t channels = network.graph.shape(x)[3];
  return network.graph.apply(
      Convolution{
          .window = {.kernel = {side, side}, .padding = {pad, pad, pad, pad}},
          .groups = channels,
          .filters = channels},
      {x, weight({side, side, channels, 1})});
}

ValueId PassNetworkBuilder::normalization(ValueId x) {
  const std::int64_t channels = network.graph.shape(x)[3];
  return network.graph.apply(BatchNormalization{},
                             {x, weight({channels}), weight({channels})});
}

ValueId PassNetworkBuilder::fixed(ValueId x) {
  const Shape shape{network.graph.shape(x)[3]};
  return network.graph.apply(
      FixedNormalization{},
      {x, weight(shape), weight(shape), given(shape), given(shape)});
}

ValueId PassNetworkBuilder::activation(ValueId x, ActivationKind kind) {
  return network.graph.apply(Activation{.kind = kind}, {x});
}

ValueId PassNetworkBuilder::gated(ValueId x) {
  const Shape shape = network.graph.shape(x);
  const ValueId mean = network.graph.apply(
      AveragePooling{.window = {.kernel = {shape[1], shape[2]}}}, {x});
  const ValueId gate =
      activation(convolution(mean, 1, shape[3]), ActivationKind::sigmoid);
  return network.graph.apply(Multiply{}, {x, gate});
}

ValueId PassNetworkBuilder::enlarge(ValueId x) {
  return network.graph.apply(UpSampling{.factor = {2, 2}}, {x});
}

ValueId PassNetworkBuilder::given(const Shape& shape) {
  const ValueId id = network.graph.add_state(
      concat("state", network.given.size()), {shape, dtype_});
  network.given[id] = random_tensor(shape, dtype_, ++seed_, 0.2, 0.8);
  return id;
}

PassNetwork make_network() {
  PassNetworkBuilder b(DType::float64);
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
  y = b.gated(y);
  const ValueId unused = b.convolution(y, 1, 2);
  (void)unused;
  y = b.normalization(b.convolution(y, 3, 5));
  y = graph.apply(Add{}, {y, previous});
  y = b.activation(y, ActivationKind::relu);
  y = b.normalization(b.convolution(y, 3, 4));
  y = b.enlarge(y);
  const ValueId side = b.convolution(b.enlarge(previous), 1, 4);
  const ValueId large = graph.apply(Add{}, {y, side});
  y = b.activation(large, ActivationKind::relu);
  y = b.normalization(b.transposed(y, 3, 4));
  y = graph.apply(Add{}, {y, large});
  // Small logits: where a sigmoid saturates, only the joined loss is exact.
  y = graph.apply(Affine{.scale = 0.05}, {b.convolution(y, 3, 1)});
  y = b.activation(y, ActivationKind::sigmoid);
  graph.mark_output("y", y);
  b.network.loss = graph.apply(BinaryCrossentropy{}, {y, t});
  graph.mark_output("loss", b.network.loss);
  // The weights of the unused convolution take no part.
  b.network.weights.erase(b.network.weights.begin() + 10,
                          b.network.weights.begin() + 12);
  return std::move(b.network);
}

PassNetwork make_inverted_residual() {
  PassNetworkBuilder b(DType::float64);
  Graph& graph = b.network.graph;
  const ValueId x = graph.add_input("x", {{2, 10, 10, 3}, DType::float64});
  const ValueId t = graph.add_input("t", {{2, 10, 10, 1}, DType::uint8});
  b.network.given[x] = random_tensor({2, 10, 10, 3}, DType::float64, 100);
  b.network.given[t] = random_integers({2, 10, 10, 1}, DType::uint8, 101, 2);
  const ValueId previous = b.convolution(x, 1, 3);
  ValueId y = b.normalization(b.pointwise(previous, 9));
  y = b.activation(y, ActivationKind::swish);
  y = b.normalization(b.depthwise(y, 3));
  y = b.gated(b.activation(y, ActivationKind::swish));
  y = graph.apply(Add{}, {b.normalization(b.pointwise(y, 3)), previous});
  y = graph.apply(Affine{.scale = 0.05}, {b.convolution(y, 1, 1)});
  y = b.activation(y, ActivationKind::sigmoid);
  graph.mark_output("y", y);
  b.network.loss = graph.apply(BinaryCrossentropy{}, {y, t});
  graph.mark_output("loss", b.network.loss);
  return std::move(b.network);
}

PassNetwork make_predicting_network() {
  PassNetworkBuilder b(DType::float64);
  Graph& graph = b.network.graph;
  const ValueId x = graph.add_input("x", {{2, 4, 5, 3}, DType::float64});
  b.network.given[x] = random_tensor({2, 4, 5, 3}, DType::float64, 100);
  ValueId y =
      b.activation(b.fixed(b.convolution(x, 3, 6)), ActivationKind::swish);
  const ValueId previous = y;
  y = b.activation(b.fixed(b.depthwise(y, 5)), ActivationKind::swish);
  y = graph.apply(Add{}, {b.fixed(b.convolution(y, 1, 6)), previous});
  y = b.activation(b.fixed(b.convolution(b.gated(y), 1, 4)),
                   ActivationKind::relu);
  const ValueId seen = b.convolution(y, 1, 6);
  graph.mark_output("seen", seen);
  y = graph.apply(Add{}, {previous, b.fixed(seen)});
  y = b.activation(b.fixed(b.transposed(b.enlarge(y), 3, 4)),
                   ActivationKind::relu);
  y = b.activation(graph.apply(Add{}, {y, b.transposed(y, 1, 4)}),
                   ActivationKind::tanh);
  graph.mark_output(
      "y", b.activation(b.convolution(y, 3, 1), ActivationKind::sigmoid));
  return std::move(b.network);
}

}  // namespace lathe::graph
