#pragma once

#include <vector>

#include "core/graph/graph.h"

namespace lathe::graph {

/// What an operation's gradient rule works with: the node, what flows back into
/// its outputs, and where to put what flows into its inputs.
class GradientBuilder {
 public:
  GradientBuilder(Graph& graph, Node node, std::vector<ValueId>& gradients,
                  const std::vector<bool>& wanted)
      : graph_(graph),
        node_(std::move(node)),
        gradients_(gradients),
        wanted_(wanted) {}

  Graph& graph() { return graph_; }
  const Node& node() const { return node_; }
  std::size_t input_count() const { return node_.inputs.size(); }
  ValueId input(std::size_t i) const { return node_.inputs[i]; }
  ValueId output(std::size_t i) const { return node_.outputs[i]; }
  const Shape& input_shape(std::size_t i) const {
    return graph_.shape(input(i));
  }

  /// The gradient flowing into an output. The rule runs only if one flows into
  /// output 0.
  ValueId output_gradient(std::size_t i = 0) const {
    return gradients_[static_cast<std::size_t>(output(i))];
  }
  /// Whether anybody wants the gradient of that input.
  bool wants(std::size_t i) const {
    return wanted_[static_cast<std::size_t>(input(i))];
  }
  /// Adds a node named after this one and returns its first output.
  ValueId apply(Operation operation, std::vector<ValueId> inputs);
  std::vector<ValueId> add(Operation operation, std::vector<ValueId> inputs);
  /// Lets a gradient flow into an input, on top of what others let flow.
  void flow(std::size_t i, ValueId gradient);

 private:
  Graph& graph_;
  Node node_;
  std::vector<ValueId>& gradients_;
  const std::vector<bool>& wanted_;
};

/// Appends the nodes that compute the gradient of `loss` (a scalar) with regard
/// to each of `values`, and returns these gradients in order. Throws Error
/// naming the value where none flows, and the operation where it has no
/// gradient.
std::vector<ValueId> differentiate(Graph& graph, ValueId loss,
                                   const std::vector<ValueId>& values);

}  // namespace lathe::graph
