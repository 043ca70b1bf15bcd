#pragma once

#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/tensor.h"
#include "models/protobuf_message.h"

namespace lathe::models {

/// An option of an operator: its name and its value, which says the type.
using OnnxAttribute =
    std::pair<std::string, std::variant<std::int64_t, float, std::string,
                                        std::vector<std::int64_t>>>;

/// An operator of ONNX' set 13 and what it reads and writes, by name; an input
/// without a name is left out.
struct OnnxNode {
  /// "Conv".
  std::string type;
  std::vector<std::string> inputs;
  /// The only one; it names the node too.
  std::string output;
  /// Those that are left out have the operator's defaults.
  std::vector<OnnxAttribute> attributes = {};
};

/// A graph in the making, of float32 values (onnx.proto of github.com/onnx).
class OnnxGraph {
 public:
  /// The name, or where it is taken already the first free of name_1, name_2,
  /// ...
  std::string unique(const std::string& name);

  /// Extents of -1 are free: whoever runs the graph chooses.
  void add_input(const std::string& name, const Shape& shape);
  /// The same for what a node gives.
  void add_output(const std::string& name, const Shape& shape);
  /// A constant, float32 or int64.
  void add_tensor(const std::string& name, const Tensor& tensor);
  /// Nodes come after those whose outputs they read.
  void add_node(const OnnxNode& node);

  /// The bytes of a file; `properties` are for who asks for them. Throws Error
  /// where a weight would lie beyond protobuf's 2 GiB.
  std::string file(
      const std::string& name,
      const std::vector<std::pair<std::string, std::string>>& properties) const;

 private:
  std::set<std::string> names_;
  ProtobufMessage inputs_;
  ProtobufMessage outputs_;
  ProtobufMessage tensors_;
  ProtobufMessage nodes_;
};

}  // namespace lathe::models
