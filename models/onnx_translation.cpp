#include "models/onnx_translation.h"

#include <algorithm>

#include "core/error.h"

namespace lathe::models {
namespace {

using graph::ValueId;
using Numbers = std::vector<std::int64_t>;

OnnxAttribute permutation(const AxisOrder& order) {
  return {"perm", Numbers(order.begin(), order.end())};
}

std::vector<OnnxAttribute> window_attributes(const graph::Window2D& window) {
  const graph::Padding2D& padding = window.padding;
  return {
      {"kernel_shape", Numbers{window.kernel.height, window.kernel.width}},
      {"strides", Numbers{window.strides.height, window.strides.width}},
      {"pads",
       Numbers{padding.top, padding.left, padding.bottom, padding.right}},
      {"dilations", Numbers{window.dilation.height, window.dilation.width}}};
}

}  // namespace

/// The operators of one node: a call for each operation there is in inference.
class OnnxTranslation::NodeTranslation {
 public:
  NodeTranslation(OnnxTranslation& whole, const graph::Node& node)
      : whole_(whole), node_(node) {}

  void operator()(const graph::Convolution& convolution) {
    std::vector<OnnxAttribute> attributes =
        window_attributes(convolution.window);
    attributes.emplace_back("group", convolution.groups);
    give("Conv", convolution_operands(shape(0)[3] / convolution.groups),
         attributes);
  }

  void operator()(const graph::ConvolutionInputGradient& convolution) {
    const graph::Window2D& window = convolution.window;
    const graph::Padding2D& padding = window.padding;
    // What ONNX takes for the image's size without more.
    const std::int64_t height =
        (shape(0)[1] - 1) * window.strides.height +
        (window.kernel.height - 1) * window.dilation.height + 1 - padding.top -
        padding.bottom;
    const std::int64_t width =
        (shape(0)[2] - 1) * window.strides.width +
        (window.kernel.width - 1) * window.dilation.width + 1 - padding.left -
        padding.right;
    std::vector<OnnxAttribute> attributes = window_attributes(window);
    attributes.emplace_back("group", convolution.groups);
    attributes.emplace_back("output_padding",
                            Numbers{convolution.image.height - height,
                                    convolution.image.width - width});
    give("ConvTranspose",
         convolution_operands(convolution.channels / convolution.groups),
         attributes);
  }

  void operator()(const graph::MatrixProduct& product) {
    give("Gemm", operands(),
         {{"transA", std::int64_t{product.transpose_a}},
          {"transB", std::int64_t{product.transpose_b}}});
  }

  void operator()(const graph::Activation& activation) {
    switch (activation.kind) {
      case graph::ActivationKind::linear:
        return give("Identity", operands());
      case graph::ActivationKind::relu:
        return give("Relu", operands());
      case graph::ActivationKind::sigmoid:
        return give("Sigmoid", operands());
      case graph::ActivationKind::tanh:
        return give("Tanh", operands());
      case graph::ActivationKind::swish:
        return give("Mul",
                    {operand(0), step("sigmoid", "Sigmoid", operands())});
    }
  }

  void operator()(const graph::Softmax&) {
    const Shape& from = shape(0);
    give("Softmax", operands(), {{"axis", onnx_axis(from, from.rank() - 1)}});
  }

  void operator()(const graph::FixedNormalization& normalization) {
    std::vector<std::string> inputs = operands();
    const std::vector<OnnxAttribute> attributes = {
        {"epsilon", static_cast<float>(normalization.epsilon)}};
    const Shape& from = shape(0);
    if (is_image(from) || from.rank() == 2) {
      return give("BatchNormalization", inputs, attributes);
    }
    // ONNX has the channels in the second axis.
    inputs[0] = reshape("rows", inputs[0], {-1, from.back()});
    give("Reshape",
         {step("normalized", "BatchNormalization", inputs, attributes),
          numbers("shape", with_free_batch(from))});
  }

  void operator()(const graph::MaxPooling& pooling) {
    give("MaxPool", operands(), window_attributes(pooling.window));
  }

  void operator()(const graph::AveragePooling& pooling) {
    std::vector<OnnxAttribute> attributes = window_attributes(pooling.window);
    // The operator has no dilations in this set.
    attributes.pop_back();
    give("AveragePool", operands(), attributes);
  }

  void operator()(const graph::UpSampling& upsampling) {
    const bool nearest = upsampling.kind == graph::UpSamplingKind::nearest;
    const auto scales = Tensor::from<float>(
        {4}, {1, 1, static_cast<float>(upsampling.factor.height),
              static_cast<float>(upsampling.factor.width)});
    std::vector<OnnxAttribute> attributes = {
        {"mode", std::string(nearest ? "nearest" : "linear")},
        {"coordinate_transformation_mode",
         std::string(nearest ? "asymmetric" : "half_pixel")}};
    if (nearest) attributes.emplace_back("nearest_mode", std::string("floor"));
    give("Resize", {operand(0), "", constant("scales", scales)}, attributes);
  }

  void operator()(const graph::Add&) { give("Add", operands()); }

  void operator()(const graph::Multiply&) {
    if (shape(0).rank() != shape(1).rank()) {
      refuse(concat(" of ", shape(0), " and ", shape(1)));
    }
    give("Mul", operands());
  }

  void operator()(const graph::Affine& affine) {
    const auto number = [&](const char* what, double value) {
      return constant(what,
                      Tensor::from<float>({}, {static_cast<float>(value)}));
    };
    give("Add",
         {step("scaled", "Mul", {operand(0), number("scale", affine.scale)}),
          number("offset", affine.offset)});
  }

  void operator()(const graph::Constant& filled) {
    const Tensor tensor(onnx_shape(filled.spec.shape));
    std::fill(tensor.values<float>().begin(), tensor.values<float>().end(),
              static_cast<float>(filled.value));
    whole_.names_[node_.outputs[0]] = constant("value", tensor);
  }

  void operator()(const graph::Concatenate& concatenate) {
    give("Concat", operands(),
         {{"axis", onnx_axis(shape(0), concatenate.axis)}});
  }

  void operator()(const graph::Pad& pad) {
    const Shape before = onnx_shape(pad.before);
    const Shape after = onnx_shape(pad.after);
    Numbers pads(before.begin(), before.end());
    pads.insert(pads.end(), after.begin(), after.end());
    give("Pad", {operand(0), numbers("pads", Shape(pads))});
  }

  void operator()(const graph::Reshape& reshaping) {
    std::string from = operand(0);
    if (is_image(shape(0)) && !has_one_order(shape(0))) {
      from = step("channels_last", "Transpose", {from},
                  {permutation(kChannelsLast)});
    }
    const Shape to = with_free_batch(reshaping.shape);
    if (!is_image(to) || has_one_order(to)) {
      return give("Reshape", {from, numbers("shape", onnx_shape(to))});
    }
    give("Transpose", {reshape("channels_last", from, to)},
         {permutation(kChannelsFirst)});
  }

  template <class Other>
  void operator()(const Other&) {
    refuse("");
  }

 private:
  [[noreturn]] void refuse(const std::string& more) const {
    fail(node_.name, ": ", name_of(node_.operation), more,
         " can't be exported: ONNX has no such operator");
  }

  const Shape& shape(std::size_t i) const {
    return whole_.source_.shape(node_.inputs[i]);
  }
  const std::string& operand(std::size_t i) {
    return whole_.operand(node_.inputs[i]);
  }
  std::vector<std::string> operands() {
    std::vector<std::string> names;
    for (const ValueId input : node_.inputs) {
      names.push_back(whole_.operand(input));
    }
    return names;
  }
  std::vector<std::string> convolution_operands(std::int64_t channels) {
    std::vector<std::string> names = {operand(0),
                                      whole_.kernel(node_.inputs[1], channels)};
    if (node_.inputs.size() > 2) names.push_back(operand(2));
    return names;
  }

  /// The operator whose output is the node's.
  void give(const std::string& type, const std::vector<std::string>& inputs,
            const std::vector<OnnxAttribute>& attributes = {}) {
    const std::string output = whole_.onnx_.unique(node_.name);
    whole_.onnx_.add_node({type, inputs, output, attributes});
    whole_.names_[node_.outputs[0]] = output;
  }
  /// One on the way there, and the name of its output.
  std::string step(const char* what, const std::string& type,
                   const std::vector<std::string>& inputs,
                   const std::vector<OnnxAttribute>& attributes = {}) {
    std::string output = whole_.onnx_.unique(concat(node_.name, '/', what));
    whole_.onnx_.add_node({type, inputs, output, attributes});
    return output;
  }
  std::string reshape(const char* what, const std::string& from,
                      const Shape& to) {
    return step(what, "Reshape", {from, numbers("shape", to)});
  }
  std::string constant(const char* what, const Tensor& tensor) {
    std::string name = whole_.onnx_.unique(concat(node_.name, '/', what));
    whole_.onnx_.add_tensor(name, tensor);
    return name;
  }
  std::string numbers(const char* what, const Shape& values) {
    const auto count = static_cast<std::int64_t>(values.rank());
    return constant(what, Tensor::from<std::int64_t>(
                              {count}, Numbers(values.begin(), values.end())));
  }

  OnnxTranslation& whole_;
  const graph::Node& node_;
};

void OnnxTranslation::add_input(ValueId value) {
  const std::string name = onnx_.unique(source_.value(value).name);
  const Shape shape = with_free_batch(source_.shape(value));
  onnx_.add_input(name, shape);
  names_[value] = name;
  if (!is_image(shape)) return;
  names_[value] = onnx_.unique(name + "/channels_first");
  onnx_.add_node(
      {"Transpose", {name}, names_[value], {permutation(kChannelsFirst)}});
}

void OnnxTranslation::add_weight(ValueId value, const Tensor& tensor,
                                 const std::string& name) {
  weights_.emplace(value, Weight{tensor, onnx_.unique(name)});
}

void OnnxTranslation::add(const graph::Node& node) {
  std::visit(NodeTranslation(*this, node), node.operation);
}

void OnnxTranslation::add_output(ValueId value, const std::string& name) {
  const Shape shape = with_free_batch(source_.shape(value));
  onnx_.add_output(name, shape);
  if (is_image(shape)) {
    onnx_.add_node(
        {"Transpose", {operand(value)}, name, {permutation(kChannelsLast)}});
  } else {
    onnx_.add_node({"Identity", {operand(value)}, name});
  }
}

const std::string& OnnxTranslation::operand(ValueId value) {
  const auto known = names_.find(value);
  if (known != names_.end()) return known->second;
  const Weight& weight = weights_.at(value);
  if (is_image(weight.tensor.shape())) {
    return write(value, weight.tensor, kChannelsFirst);
  }
  onnx_.add_tensor(weight.name, weight.tensor);
  return names_[value] = weight.name;
}

const std::string& OnnxTranslation::kernel(ValueId value,
                                           std::int64_t channels) {
  const auto known = names_.find(value);
  if (known != names_.end()) return known->second;
  // A depthwise kernel, (kernel height, kernel width, C, F / C), is the memory
  // of one of C groups.
  const Tensor& tensor = weights_.at(value).tensor;
  const std::int64_t height = tensor.shape()[0];
  const std::int64_t width = tensor.shape()[1];
  return write(value,
               tensor.reshaped({height, width, channels,
                                tensor.elements() / height / width / channels}),
               kKernelOrder);
}

const std::string& OnnxTranslation::write(ValueId value, const Tensor& tensor,
                                          const AxisOrder& order) {
  const std::string& name = weights_.at(value).name;
  onnx_.add_tensor(name, transposed(tensor, order));
  return names_[value] = name;
}

}  // namespace lathe::models
