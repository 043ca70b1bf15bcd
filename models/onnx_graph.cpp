#include "models/onnx_graph.h"

#include <bit>
#include <limits>

#include "core/error.h"

namespace lathe::models {
namespace {

// What files of this set of operators say of themselves: onnxruntime reads them
// since 1.6.
constexpr std::int64_t kIrVersion = 7;
constexpr std::int64_t kOperatorSet = 13;
constexpr std::int64_t kFloat = 1;
constexpr std::int64_t kInt64 = 7;

// Numbers of fields, as onnx.proto gives them.
struct ModelProto {
  static constexpr std::uint32_t ir_version = 1;
  static constexpr std::uint32_t producer_name = 2;
  static constexpr std::uint32_t graph = 7;
  static constexpr std::uint32_t opset_import = 8;
  static constexpr std::uint32_t metadata_props = 14;
};
struct OperatorSetIdProto {
  static constexpr std::uint32_t version = 2;
};
struct StringStringEntryProto {
  static constexpr std::uint32_t key = 1;
  static constexpr std::uint32_t value = 2;
};
struct GraphProto {
  static constexpr std::uint32_t node = 1;
  static constexpr std::uint32_t name = 2;
  static constexpr std::uint32_t initializer = 5;
  static constexpr std::uint32_t input = 11;
  static constexpr std::uint32_t output = 12;
};
struct NodeProto {
  static constexpr std::uint32_t input = 1;
  static constexpr std::uint32_t output = 2;
  static constexpr std::uint32_t name = 3;
  static constexpr std::uint32_t op_type = 4;
  static constexpr std::uint32_t attribute = 5;
};
struct AttributeProto {
  static constexpr std::uint32_t name = 1;
  static constexpr std::uint32_t f = 2;
  static constexpr std::uint32_t i = 3;
  static constexpr std::uint32_t s = 4;
  static constexpr std::uint32_t ints = 8;
  static constexpr std::uint32_t type = 20;
  static constexpr std::int64_t of_float = 1;
  static constexpr std::int64_t of_int = 2;
  static constexpr std::int64_t of_string = 3;
  static constexpr std::int64_t of_ints = 7;
};
struct TensorProto {
  static constexpr std::uint32_t dims = 1;
  static constexpr std::uint32_t data_type = 2;
  static constexpr std::uint32_t name = 8;
  static constexpr std::uint32_t raw_data = 9;
};
struct ValueInfoProto {
  static constexpr std::uint32_t name = 1;
  static constexpr std::uint32_t type = 2;
};
struct TypeProto {
  static constexpr std::uint32_t tensor_type = 1;
  static constexpr std::uint32_t elem_type = 1;
  static constexpr std::uint32_t shape = 2;
  static constexpr std::uint32_t dim = 1;
  static constexpr std::uint32_t dim_value = 1;
  static constexpr std::uint32_t dim_param = 2;
};

ProtobufMessage value_info(const std::string& name, const Shape& shape) {
  ProtobufMessage extents;
  for (const std::int64_t extent : shape) {
    ProtobufMessage dimension;
    if (extent < 0) {
      dimension.add_bytes(TypeProto::dim_param, "N");
    } else {
      dimension.add_integer(TypeProto::dim_value, extent);
    }
    extents.add_message(TypeProto::dim, dimension);
  }
  ProtobufMessage tensor;
  tensor.add_integer(TypeProto::elem_type, kFloat)
      .add_message(TypeProto::shape, extents);
  ProtobufMessage type;
  type.add_message(TypeProto::tensor_type, tensor);
  ProtobufMessage value;
  value.add_bytes(ValueInfoProto::name, name)
      .add_message(ValueInfoProto::type, type);
  return value;
}

struct AttributeWriter {
  void operator()(std::int64_t value) const {
    message.add_integer(AttributeProto::i, value)
        .add_integer(AttributeProto::type, AttributeProto::of_int);
  }
  void operator()(float value) const {
    message.add_float(AttributeProto::f, value)
        .add_integer(AttributeProto::type, AttributeProto::of_float);
  }
  void operator()(const std::string& value) const {
    message.add_bytes(AttributeProto::s, value)
        .add_integer(AttributeProto::type, AttributeProto::of_string);
  }
  void operator()(const std::vector<std::int64_t>& values) const {
    for (const std::int64_t value : values) {
      message.add_integer(AttributeProto::ints, value);
    }
    message.add_integer(AttributeProto::type, AttributeProto::of_ints);
  }

  ProtobufMessage& message;
};

}  // namespace

std::string OnnxGraph::unique(const std::string& name) {
  std::string free = name;
  for (std::int64_t i = 1; !names_.insert(free).second; ++i) {
    free = concat(name, '_', i);
  }
  return free;
}

void OnnxGraph::add_input(const std::string& name, const Shape& shape) {
  inputs_.add_message(GraphProto::input, value_info(name, shape));
}

void OnnxGraph::add_output(const std::string& name, const Shape& shape) {
  outputs_.add_message(GraphProto::output, value_info(name, shape));
}

void OnnxGraph::add_tensor(const std::string& name, const Tensor& tensor) {
  static_assert(std::endian::native == std::endian::little,
                "raw data are little-endian");
  ProtobufMessage message;
  for (const std::int64_t extent : tensor.shape()) {
    message.add_integer(TensorProto::dims, extent);
  }
  message
      .add_integer(TensorProto::data_type,
                   tensor.dtype() == DType::int64 ? kInt64 : kFloat)
      .add_bytes(TensorProto::name, name)
      .add_bytes(TensorProto::raw_data,
                 {static_cast<const char*>(tensor.raw()), tensor.bytes()});
  tensors_.add_message(GraphProto::initializer, message);
}

void OnnxGraph::add_node(const OnnxNode& node) {
  ProtobufMessage message;
  for (const std::string& input : node.inputs) {
    message.add_bytes(NodeProto::input, input);
  }
  message.add_bytes(NodeProto::output, node.output)
      .add_bytes(NodeProto::name, node.output)
      .add_bytes(NodeProto::op_type, node.type);
  for (const auto& [name, value] : node.attributes) {
    ProtobufMessage attribute;
    attribute.add_bytes(AttributeProto::name, name);
    std::visit(AttributeWriter{attribute}, value);
    message.add_message(NodeProto::attribute, attribute);
  }
  nodes_.add_message(GraphProto::node, message);
}

std::string OnnxGraph::file(
    const std::string& name,
    const std::vector<std::pair<std::string, std::string>>& properties) const {
  ProtobufMessage graph;
  graph.add_bytes(GraphProto::name, name);
  std::string parts = graph.bytes();
  for (const auto* part : {&inputs_, &outputs_, &tensors_, &nodes_}) {
    parts += part->bytes();
  }
  if (parts.size() > std::numeric_limits<std::int32_t>::max()) {
    fail("model '", name, "' has ", parts.size(),
         " bytes; a file of ONNX holds at most 2^31");
  }
  ProtobufMessage operators;
  operators.add_integer(OperatorSetIdProto::version, kOperatorSet);
  ProtobufMessage model;
  model.add_integer(ModelProto::ir_version, kIrVersion)
      .add_bytes(ModelProto::producer_name, "lathe")
      .add_message(ModelProto::opset_import, operators)
      .add_bytes(ModelProto::graph, parts);
  for (const auto& [key, value] : properties) {
    ProtobufMessage property;
    property.add_bytes(StringStringEntryProto::key, key)
        .add_bytes(StringStringEntryProto::value, value);
    model.add_message(ModelProto::metadata_props, property);
  }
  return model.bytes();
}

}  // namespace lathe::models
