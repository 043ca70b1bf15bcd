#pragma once

#include <string>
#include <vector>

#include "core/graph/operation.h"

namespace lathe::graph {

using ValueId = std::int32_t;
inline constexpr ValueId kNoValue = -1;

/// Where a value comes from: written by the caller before each run (input),
/// kept by the caller between runs and trained (weight) or only kept (state),
/// or computed by a node.
enum class Role { input, weight, state, computed };

struct Value {
  std::string name;
  TensorSpec spec;
  Role role = Role::computed;
};

struct Node {
  Operation operation;
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  std::string name;
};

/// A computation: values, and nodes in an order in which they can run. Nodes
/// that write in place (optimizers, moving statistics) run after all nodes
/// before them that read the same value.
class Graph {
 public:
  ValueId add_input(std::string name, TensorSpec spec);
  ValueId add_weight(std::string name, TensorSpec spec);
  ValueId add_state(std::string name, TensorSpec spec);

  /// Appends a node; its output specs follow from the shape rule. Errors carry
  /// the node's name.
  std::vector<ValueId> add(Operation operation, std::vector<ValueId> inputs,
                           std::string name = {});
  /// The same for an operation used for its first output.
  ValueId apply(Operation operation, std::vector<ValueId> inputs,
                std::string name = {}) {
    return add(std::move(operation), std::move(inputs), std::move(name))[0];
  }

  /// Keeps a computed value for the caller under a name of his.
  void mark_output(std::string name, ValueId value);

  const Value& value(ValueId id) const {
    return values_[static_cast<std::size_t>(id)];
  }
  const Shape& shape(ValueId id) const { return value(id).spec.shape; }
  const std::vector<Value>& values() const { return values_; }
  const std::vector<Node>& nodes() const { return nodes_; }
  const std::vector<std::pair<std::string, ValueId>>& outputs() const {
    return outputs_;
  }

  Specs specs(std::span<const ValueId> ids) const;
  /// The index of the node that computes the value, or -1.
  std::int64_t producer(ValueId id) const;
  /// For every value the indices of the nodes that read it, in order.
  std::vector<std::vector<std::size_t>> consumers() const;

  /// For passes: the same values and outputs with other nodes. Every value
  /// read must be given or computed before; throws Error otherwise.
  void replace_nodes(std::vector<Node> nodes);
  /// For passes: makes all readers of `from` (and the caller, if it is an
  /// output) use `to`.
  void replace_value(ValueId from, ValueId to);
  /// For passes: a value that a new node will compute.
  ValueId add_computed(std::string name, TensorSpec spec);

 private:
  ValueId add_value(std::string name, TensorSpec spec, Role role);

  std::vector<Value> values_;
  std::vector<Node> nodes_;
  std::vector<std::pair<std::string, ValueId>> outputs_;
};

}  // namespace lathe::graph
