#include <map>
#include <set>

#include "core/graph/bfloat16.h"
#include "core/graph/passes/passes.h"

namespace lathe::graph {
namespace {

// Whether bfloat16 begins with the operation, and isn't only handed on by it.
// An image of one pixel, as squeeze-and-excite has it, is so small that casts
// would cost more than they save.
bool begins(const Operation& operation, SpecSpan inputs) {
  const bool convolves =
      std::holds_alternative<Convolution>(operation) ||
      std::holds_alternative<ConvolutionInputGradient>(operation) ||
      std::holds_alternative<ConvolutionWeightGradient>(operation);
  const auto is_pixel = [&] {
    return inputs[0].shape[1] * inputs[0].shape[2] == 1;
  };
  if (convolves) return !is_pixel();
  // The gradient of an image's mean is spread over the image.
  if (std::holds_alternative<AveragePoolingGradient>(operation)) {
    return is_pixel();
  }
  return std::holds_alternative<MatrixProduct>(operation);
}

class Rewriter {
 public:
  Rewriter(Graph& graph, const Bfloat16Choice& choice)
      : graph_(graph), choice_(choice) {}

  void run() {
    for (const Node& node : graph_.nodes()) rewrite(node);
    for (const auto& [name, id] : graph_.outputs()) as_float32(id);
    if (!weights_.inputs.empty()) {
      nodes_.insert(nodes_.begin(), std::move(weights_));
    }
    graph_.replace_nodes(std::move(nodes_));
  }

 private:
  void rewrite(Node node) {
    const auto values = chosen_values(node);
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      ValueId& id = node.inputs[i];
      id = values && values->inputs[i] ? as_bfloat16(id) : as_float32(id);
    }
    for (std::size_t i = 0; values && i < node.outputs.size(); ++i) {
      if (!values->outputs[i]) continue;
      const ValueId whole = node.outputs[i];
      node.outputs[i] = half_of(whole);
      computed_.insert(whole);
    }
    nodes_.push_back(std::move(node));
  }

  // Where the node computes with bfloat16.
  std::optional<Bfloat16Values> chosen_values(const Node& node) const {
    Specs inputs = graph_.specs(node.inputs);
    auto values = bfloat16_values(node.operation, inputs);
    if (!values) return {};
    bool met = begins(node.operation, inputs);
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      met = met || (values->inputs[i] && computed_.contains(node.inputs[i]));
    }
    if (!met) return {};
    const Signature signature{
        .inputs = in_bfloat16(std::move(inputs), values->inputs),
        .outputs = in_bfloat16(graph_.specs(node.outputs), values->outputs),
        .precision = Precision::bf16};
    if (!choice_(node.operation, signature)) return {};
    return values;
  }

  // The value that is the same in bfloat16.
  ValueId half_of(ValueId whole) {
    const Value& value = graph_.value(whole);
    const ValueId half =
        graph_.add_computed(value.name, {value.spec.shape, DType::bfloat16});
    halves_[whole] = half;
    return half;
  }

  ValueId as_bfloat16(ValueId whole) {
    const auto known = halves_.find(whole);
    if (known != halves_.end()) return known->second;
    const Value value = graph_.value(whole);
    const ValueId half = half_of(whole);
    if (value.role == Role::weight || value.role == Role::state) {
      weights_.inputs.push_back(whole);
      weights_.outputs.push_back(half);
    } else {
      cast(DType::bfloat16, whole, half);
    }
    return half;
  }

  ValueId as_float32(ValueId whole) {
    if (computed_.contains(whole) && wholes_.insert(whole).second) {
      cast(DType::float32, halves_.at(whole), whole);
    }
    return whole;
  }

  void cast(DType to, ValueId from, ValueId result) {
    nodes_.push_back(
        {.operation = Cast{.to = to},
         .inputs = {from},
         .outputs = {result},
         .name = graph_.value(from).name +
                 (to == DType::bfloat16 ? " in bfloat16" : " in float32")});
  }

  Graph& graph_;
  const Bfloat16Choice& choice_;
  std::vector<Node> nodes_;
  Node weights_{.operation = Cast{.to = DType::bfloat16},
                .name = "weights in bfloat16"};  // casts them all
  std::map<ValueId, ValueId> halves_;            // what there is in bfloat16
  std::set<ValueId> computed_;  // those that nodes compute in it
  std::set<ValueId> wholes_;    // of these, those cast back
};

}  // namespace

void mixed_precision(Graph& graph, const Bfloat16Choice& choice) {
  Rewriter(graph, choice).run();
}

}  // namespace lathe::graph
