#include "core/graph/graph.h"

#include "core/error.h"

namespace lathe::graph {

ValueId Graph::add_value(std::string name, TensorSpec spec, Role role) {
  values_.push_back(
      {.name = std::move(name), .spec = std::move(spec), .role = role});
  return static_cast<ValueId>(values_.size() - 1);
}

ValueId Graph::add_input(std::string name, TensorSpec spec) {
  return add_value(std::move(name), std::move(spec), Role::input);
}

ValueId Graph::add_weight(std::string name, TensorSpec spec) {
  return add_value(std::move(name), std::move(spec), Role::weight);
}

ValueId Graph::add_state(std::string name, TensorSpec spec) {
  return add_value(std::move(name), std::move(spec), Role::state);
}

ValueId Graph::add_computed(std::string name, TensorSpec spec) {
  return add_value(std::move(name), std::move(spec), Role::computed);
}

std::vector<ValueId> Graph::add(Operation operation,
                                std::vector<ValueId> inputs, std::string name) {
  const bool named = !name.empty();
  if (!named) name = name_of(operation);
  Specs outputs;
  try {
    outputs = output_specs(operation, specs(inputs));
  } catch (const Error& error) {
    // The rule's own message begins with the operation's name.
    if (!named) throw;
    fail(name, ": ", error.what());
  }
  std::vector<ValueId> ids;
  for (TensorSpec& spec : outputs) {
    ids.push_back(add_computed(
        ids.empty() ? name : concat(name, ':', ids.size()), std::move(spec)));
  }
  nodes_.push_back({.operation = std::move(operation),
                    .inputs = std::move(inputs),
                    .outputs = ids,
                    .name = std::move(name)});
  return ids;
}

void Graph::mark_output(std::string name, ValueId value) {
  outputs_.emplace_back(std::move(name), value);
}

Specs Graph::specs(std::span<const ValueId> ids) const {
  Specs result;
  result.reserve(ids.size());
  for (const ValueId id : ids) result.push_back(value(id).spec);
  return result;
}

std::int64_t Graph::producer(ValueId id) const {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    for (const ValueId output : nodes_[i].outputs) {
      if (output == id) return static_cast<std::int64_t>(i);
    }
  }
  return -1;
}

std::vector<std::vector<std::size_t>> Graph::consumers() const {
  std::vector<std::vector<std::size_t>> result(values_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    for (const ValueId input : nodes_[i].inputs) {
      auto& list = result[static_cast<std::size_t>(input)];
      if (list.empty() || list.back() != i) list.push_back(i);
    }
  }
  return result;
}

void Graph::replace_nodes(std::vector<Node> nodes) {
  std::vector<bool> known(values_.size());
  for (std::size_t i = 0; i < values_.size(); ++i) {
    known[i] = values_[i].role != Role::computed;
  }
  for (const Node& node : nodes) {
    for (const ValueId input : node.inputs) {
      if (!known[static_cast<std::size_t>(input)]) {
        fail(node.name, ": reads '", value(input).name,
             "' before it is computed");
      }
    }
    for (const ValueId output : node.outputs) {
      known[static_cast<std::size_t>(output)] = true;
    }
  }
  nodes_ = std::move(nodes);
}

void Graph::replace_value(ValueId from, ValueId to) {
  for (Node& node : nodes_) {
    for (ValueId& input : node.inputs) {
      if (input == from) input = to;
    }
  }
  for (auto& [name, id] : outputs_) {
    if (id == from) id = to;
  }
}

}  // namespace lathe::graph
