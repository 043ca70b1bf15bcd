// With y = (x g) w for each sample, x g being an image scaled by a gate for its
// channels, and W = diag(g) w,
//   y = x W,  dx = dy W',  dw = the sum of diag(g) P over samples,
//   dg = the sum of P w over filters,  P = x'dy
// and neither x g nor its gradient, images of many channels, is computed.
#include <algorithm>
#include <map>
#include <tuple>

#include "core/graph/gate.h"
#include "core/graph/passes/passes.h"

namespace lathe::graph {
namespace {

class Folder {
 public:
  explicit Folder(Graph& graph) : graph_(graph), consumers_(graph.consumers()) {
    for (const auto& [name, id] : graph.outputs()) {
      consumers_[static_cast<std::size_t>(id)].push_back(graph.nodes().size());
    }
  }

  void run() {
    const std::vector<Node> nodes = graph_.nodes();
    std::vector<bool> gone(nodes.size());
    for (std::size_t i = 0; i < nodes.size(); ++i) gone[i] = is_spare(nodes[i]);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (gone[i]) continue;
      const Node& node = nodes[i];
      const std::int64_t first =
          node.inputs.empty() ? -1 : graph_.producer(node.inputs[0]);
      if (first >= 0 && gone[static_cast<std::size_t>(first)]) {
        rewrite(nodes[static_cast<std::size_t>(first)], node);
      } else {
        nodes_.push_back(node);
      }
    }
    graph_.replace_nodes(std::move(nodes_));
  }

 private:
  const Shape& shape(ValueId id) const { return graph_.shape(id); }

  // Beside the images of C channels that disappear, some values of C F for each
  // sample are read and written.
  bool pays(ValueId image, const Shape& weights) const {
    constexpr std::int64_t kPixelsAFilter = 4;
    const Shape& x = shape(image);
    return x[1] * x[2] >= kPixelsAFilter * weights[3];
  }

  template <class Kind>
  bool is_product(const Kind& operation, const Shape& weights) const {
    return is_pointwise(operation.window, operation.groups) &&
           weights.rank() == 4;
  }

  bool all_readers(ValueId id, auto&& fit) const {
    const auto& readers = consumers_[static_cast<std::size_t>(id)];
    return !readers.empty() &&
           std::all_of(readers.begin(), readers.end(), [&](std::size_t i) {
             return i < graph_.nodes().size() &&
                    reads_first(graph_.nodes()[i], id) &&
                    fit(graph_.nodes()[i]);
           });
  }

  static bool reads_first(const Node& node, ValueId id) {
    return node.inputs[0] == id &&
           std::count(node.inputs.begin(), node.inputs.end(), id) == 1;
  }

  // Whether nobody needs what the node computes, x g or its gradient.
  bool is_spare(const Node& node) const {
    const ValueId result = node.outputs.empty() ? kNoValue : node.outputs[0];
    if (std::holds_alternative<Multiply>(node.operation)) {
      return node.inputs.size() == 2 &&
             is_gate(shape(node.inputs[1]), shape(node.inputs[0])) &&
             all_readers(result, [&](const Node& reader) {
               return reads_gated(reader);
             });
    }
    const auto* gradient =
        std::get_if<ConvolutionInputGradient>(&node.operation);
    if (gradient == nullptr || node.inputs.size() != 2) return false;
    const Shape& weights = shape(node.inputs[1]);
    return gradient->activation == ActivationKind::linear &&
           is_product(*gradient, weights) && pays(node.inputs[0], weights) &&
           all_readers(result, [&](const Node& reader) {
             return reads_gradient(reader, result);
           });
  }

  bool reads_gated(const Node& node) const {
    if (const auto* convolution = std::get_if<Convolution>(&node.operation)) {
      const Shape& weights = shape(node.inputs[1]);
      return is_product(*convolution, weights) && pays(node.inputs[0], weights);
    }
    const auto* gradient =
        std::get_if<ConvolutionWeightGradient>(&node.operation);
    return gradient != nullptr &&
           is_product(*gradient, gradient->weight_shape) &&
           pays(node.inputs[0], gradient->weight_shape);
  }

  bool reads_gradient(const Node& node, ValueId gradient) const {
    if (std::holds_alternative<Multiply>(node.operation)) {
      return is_gate(shape(node.inputs[1]), shape(gradient));
    }
    return std::holds_alternative<ReduceSum>(node.operation) &&
           node.inputs.size() == 2 &&
           is_gate(shape(node.outputs[0]), shape(gradient));
  }

  // `node` reads what `spare` would compute.
  void rewrite(const Node& spare, Node node) {
    const ValueId first = spare.inputs[0];   // x or dy
    const ValueId second = spare.inputs[1];  // g or w
    if (std::holds_alternative<Convolution>(node.operation)) {
      node.inputs[0] = first;
      node.inputs[1] = gated(node.inputs[1], second, node.name);
      nodes_.push_back(std::move(node));
    } else if (const auto* dw =
                   std::get_if<ConvolutionWeightGradient>(&node.operation)) {
      const ValueId each = products(first, node.inputs[1], node.name);
      const ValueId scaled =
          apply(Multiply{}, {each, column(second)}, node.name + "/gate");
      node.operation = ReduceSum{.target = dw->weight_shape};
      node.inputs = {scaled};
      nodes_.push_back(std::move(node));
    } else if (std::holds_alternative<Multiply>(node.operation)) {
      node.operation = spare.operation;
      node.inputs[0] = first;
      node.inputs[1] = gated(second, node.inputs[1], node.name);
      nodes_.push_back(std::move(node));
    } else {
      const Shape gate = shape(node.outputs[0]);
      const ValueId each = products(node.inputs[1], first, node.name);
      const ValueId sum =
          apply(ReduceSum{.target = {gate[0], 1, 1, gate[3], 1}},
                {each, repeated(second, gate[0], node.name)}, node.name);
      node.operation = Reshape{.shape = gate};
      node.inputs = {sum};
      nodes_.push_back(std::move(node));
    }
  }

  // The weights once for each sample.
  ValueId repeated(ValueId weights, std::int64_t batch,
                   const std::string& name) {
    return once({"repeated", weights, batch}, [&] {
      const Shape& w = shape(weights);
      const ValueId ones =
          apply(Constant{.spec = {{batch, 1, 1, w[2], w[3]},
                                  graph_.value(weights).spec.dtype},
                         .value = 1},
                {}, name + "/ones");
      return apply(Multiply{}, {ones, weights}, name + "/weights");
    });
  }

  // W of the formula above.
  ValueId gated(ValueId weights, ValueId gate, const std::string& name) {
    return once({"gated", weights, gate}, [&] {
      const ValueId all = repeated(weights, shape(gate)[0], name);
      return apply(Multiply{}, {all, column(gate)}, name + "/gate");
    });
  }

  // P of it.
  ValueId products(ValueId x, ValueId dy, const std::string& name) {
    return once({"products", x, dy}, [&] {
      const Shape& image = shape(x);
      const Shape each{image[0], 1, 1, image[3], shape(dy)[3]};
      return apply(ConvolutionWeightGradient{.weight_shape = each}, {x, dy},
                   name + "/samples");
    });
  }

  ValueId column(ValueId gate) {
    return once({"column", gate, kNoValue}, [&] {
      const Shape& g = shape(gate);
      return apply(Reshape{.shape = {g[0], 1, 1, g[3], 1}}, {gate},
                   graph_.value(gate).name + "/column");
    });
  }

  // What is made, and from what.
  using Key = std::tuple<std::string_view, ValueId, std::int64_t>;

  ValueId once(const Key& from, auto&& make) {
    const auto found = made_.find(from);
    if (found != made_.end()) return found->second;
    const ValueId result = make();
    made_[from] = result;
    return result;
  }

  ValueId apply(Operation operation, std::vector<ValueId> inputs,
                const std::string& name) {
    const TensorSpec spec = output_specs(operation, graph_.specs(inputs))[0];
    const ValueId result = graph_.add_computed(name, spec);
    nodes_.push_back({.operation = std::move(operation),
                      .inputs = std::move(inputs),
                      .outputs = {result},
                      .name = name});
    return result;
  }

  Graph& graph_;
  std::vector<std::vector<std::size_t>> consumers_;
  std::vector<Node> nodes_;
  std::map<Key, ValueId> made_;
};

}  // namespace

void fold_gate(Graph& graph) {
  Folder(graph).run();
}

}  // namespace lathe::graph
