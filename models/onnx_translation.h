#pragma once

#include <map>
#include <string>

#include "core/graph/graph.h"
#include "models/onnx_graph.h"
#include "models/onnx_layout.h"

namespace lathe::models {

/// Turns the graph of a model's inference into one of ONNX, node after node.
/// ONNX has images as (N, C, H, W), so all values of four axes are there in
/// that order; they are transposed where they come in and go out, and where a
/// reshape depends on the order.
class OnnxTranslation {
 public:
  /// The graph must outlive the translation.
  explicit OnnxTranslation(const graph::Graph& source) : source_(source) {}

  /// A name for an output, before others take it.
  std::string reserve(const std::string& name) { return onnx_.unique(name); }
  /// These come before the nodes: the inputs,
  void add_input(graph::ValueId value);
  /// and what the graph keeps, under the name that the file is to have for it.
  void add_weight(graph::ValueId value, const Tensor& tensor,
                  const std::string& name);
  /// Throws Error naming an operation that ONNX doesn't have.
  void add(const graph::Node& node);
  /// After the nodes.
  void add_output(graph::ValueId value, const std::string& name);

  /// What has been added so far.
  const OnnxGraph& graph() const { return onnx_; }

 private:
  struct Weight {
    Tensor tensor;
    std::string name;
  };
  class NodeTranslation;

  /// The name of a value, (N, C, H, W) if it has four axes. A weight is written
  /// when it is first asked for.
  const std::string& operand(graph::ValueId value);
  /// The same for a convolution's kernel of so many channels a group, as ONNX
  /// has kernels.
  const std::string& kernel(graph::ValueId value, std::int64_t channels);
  /// Writes a weight with its axes in another order.
  const std::string& write(graph::ValueId value, const Tensor& tensor,
                           const AxisOrder& order);

  const graph::Graph& source_;
  OnnxGraph onnx_;
  std::map<graph::ValueId, std::string> names_;
  std::map<graph::ValueId, Weight> weights_;
};

}  // namespace lathe::models
