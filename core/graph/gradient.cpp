#include "core/graph/gradient.h"

#include "core/error.h"

namespace lathe::graph {
namespace {

std::size_t index(ValueId id) {
  return static_cast<std::size_t>(id);
}

// Which values depend on one of `values`.
std::vector<bool> dependents(const Graph& graph,
                             const std::vector<ValueId>& values) {
  std::vector<bool> result(graph.values().size());
  for (const ValueId id : values) result[index(id)] = true;
  for (const Node& node : graph.nodes()) {
    bool depends = false;
    for (const ValueId input : node.inputs) {
      depends = depends || result[index(input)];
    }
    for (const ValueId output : node.outputs) {
      result[index(output)] = result[index(output)] || depends;
    }
  }
  return result;
}

}  // namespace

ValueId GradientBuilder::apply(Operation operation,
                               std::vector<ValueId> inputs) {
  return add(std::move(operation), std::move(inputs))[0];
}

std::vector<ValueId> GradientBuilder::add(Operation operation,
                                          std::vector<ValueId> inputs) {
  const auto name = concat(node_.name, "/", name_of(operation));
  auto outputs = graph_.add(std::move(operation), std::move(inputs), name);
  gradients_.resize(graph_.values().size(), kNoValue);
  return outputs;
}

void GradientBuilder::flow(std::size_t i, ValueId gradient) {
  const ValueId present = gradients_[index(input(i))];
  const ValueId sum =
      present == kNoValue ? gradient : apply(Add{}, {present, gradient});
  gradients_[index(input(i))] = sum;
}

std::vector<ValueId> differentiate(Graph& graph, ValueId loss,
                                   const std::vector<ValueId>& values) {
  if (graph.shape(loss).elements() != 1) {
    fail("differentiate: '", graph.value(loss).name, "' is ", graph.shape(loss),
         "; only a scalar has gradients");
  }
  const std::vector<bool> wanted = dependents(graph, values);
  std::vector<ValueId> gradients(graph.values().size(), kNoValue);
  const std::size_t count = graph.nodes().size();
  const ValueId one = graph.apply(
      Constant{.spec = graph.value(loss).spec, .value = 1}, {}, "loss/one");
  gradients.resize(graph.values().size(), kNoValue);
  gradients[index(loss)] = one;
  for (std::size_t i = count; i-- > 0;) {
    const Node node = graph.nodes()[i];
    if (node.outputs.empty() || gradients[index(node.outputs[0])] == kNoValue) {
      continue;
    }
    bool needed = false;
    for (const ValueId input : node.inputs) {
      needed = needed || wanted[index(input)];
    }
    if (!needed) continue;
    std::visit(
        [&](const auto& operation) {
          GradientBuilder builder(graph, node, gradients, wanted);
          if constexpr (requires { operation.gradient(builder); }) {
            operation.gradient(builder);
          } else {
            fail(node.name, ": ", operation.kName, " has no gradient");
          }
        },
        node.operation);
  }
  std::vector<ValueId> result;
  for (const ValueId id : values) {
    const ValueId gradient = gradients[index(id)];
    if (gradient == kNoValue) {
      fail("differentiate: the loss does not depend on '", graph.value(id).name,
           "'");
    }
    result.push_back(gradient);
  }
  return result;
}

}  // namespace lathe::graph
