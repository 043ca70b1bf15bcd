#include "layers/layer.h"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <nlohmann/json.hpp>

namespace lathe::layers {
namespace {

std::uint64_t next_serial() {
  static std::atomic<std::uint64_t> serial{0};
  return ++serial;
}

}  // namespace

std::string snake_case(std::string_view class_name) {
  const auto is_upper = [&](std::size_t i) {
    return std::isupper(static_cast<unsigned char>(class_name[i])) != 0;
  };
  const auto is_lower = [&](std::size_t i) {
    return i < class_name.size() &&
           std::islower(static_cast<unsigned char>(class_name[i])) != 0;
  };
  std::string result;
  for (std::size_t i = 0; i < class_name.size(); ++i) {
    if (i > 0 && is_upper(i) && (is_lower(i + 1) || is_lower(i - 1))) {
      result += '_';
    }
    result += static_cast<char>(
        std::tolower(static_cast<unsigned char>(class_name[i])));
  }
  return result;
}

Definition::Definition(std::string_view class_name, std::string name)
    : class_name_(class_name),
      default_name_(name.empty()),
      name_(name.empty() ? snake_case(class_name) : std::move(name)),
      serial_(next_serial()) {}

void Definition::set_name(std::string name) {
  name_ = std::move(name);
  default_name_ = false;
}

std::int64_t Definition::parameter_count() const {
  std::int64_t count = 0;
  for (const Weight& weight : weights_) count += weight.tensor.elements();
  for (const auto& layer : sublayers()) count += layer->parameter_count();
  return count;
}

const std::vector<std::shared_ptr<Definition>>& Definition::sublayers() const {
  static const std::vector<std::shared_ptr<Definition>> none;
  return none;
}

void Definition::build(const std::vector<Shape>& inputs) {
  std::vector<Weight> made;
  std::swap(made, weights_);
  try {
    create_weights(inputs);
  } catch (...) {
    std::swap(made, weights_);
    throw;
  }
  if (!built_) {
    built_ = true;
    build_shapes_ = inputs;
    return;
  }
  std::swap(made, weights_);
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    const Shape& has = weights_[i].tensor.shape();
    if (made[i].tensor.shape() != has) {
      refuse("its ", weights_[i].name, " is ", has, ", made for an input of ",
             build_shapes_[0], "; an input of ", inputs[0], " needs ",
             made[i].tensor.shape());
    }
  }
}

void Definition::initialize(std::uint64_t seed, std::uint32_t first_index) {
  initialized_ = true;
  for (const Weight& weight : weights_) {
    layers::initialize(weight.tensor, weight.initializer, seed, first_index++);
  }
}

void Definition::add_weight(std::string name, Shape shape,
                            Initializer initializer, bool trainable,
                            DType dtype) {
  weights_.push_back({.name = std::move(name),
                      .tensor = Tensor::uninitialized(std::move(shape), dtype),
                      .trainable = trainable,
                      .initializer = initializer});
}

nlohmann::json Definition::base_config() const {
  return {{"name", name_},
          {"trainable", trainable_},
          {"dtype",
           {{"module", "keras"},
            {"class_name", "DTypePolicy"},
            {"config", {{"name", "float32"}}},
            {"registered_name", nullptr}}}};
}

void Definition::require_window(const WindowOptions& window,
                                std::string_view kernel) const {
  const auto least = [](Pair pair) {
    return std::min(pair.height, pair.width);
  };
  if (least(window.kernel) < 1 || least(window.strides) < 1 ||
      least(window.dilation) < 1) {
    refuse(kernel, " is ", window.kernel, ", strides ", window.strides,
           " and dilation_rate ", window.dilation, "; all must be at least 1");
  }
  if (window.strides != Pair(1) && window.dilation != Pair(1)) {
    refuse("strides is ", window.strides, " and dilation_rate ",
           window.dilation, "; one of them must be 1");
  }
}

const Shape& Definition::single(const std::vector<Shape>& inputs) const {
  if (inputs.size() != 1) {
    refuse("takes one input, not ", inputs.size());
  }
  return inputs[0];
}

const Shape& Definition::single_image(const std::vector<Shape>& inputs) const {
  const Shape& shape = single(inputs);
  if (shape.rank() != 4) {
    refuse("takes images (N, H, W, C), not an input of shape ", shape);
  }
  return shape;
}

const Shape& Symbol::shape() const {
  if (!call_) fail("a Symbol that no layer made has no shape");
  return call_->shape;
}

Symbol Layer::operator()(const Symbol& input, CallOptions options) const {
  return (*this)(std::vector<Symbol>{input}, options);
}

Symbol Layer::operator()(const std::vector<Symbol>& inputs,
                         CallOptions options) const {
  std::vector<Shape> shapes;
  shapes.reserve(inputs.size());
  for (const Symbol& input : inputs) shapes.push_back(input.shape());
  Shape shape = definition_->output_shape(shapes);
  definition_->build(shapes);
  return Symbol(std::make_shared<const Call>(Call{.layer = definition_,
                                                  .inputs = inputs,
                                                  .shape = std::move(shape),
                                                  .options = options,
                                                  .serial = next_serial()}));
}

}  // namespace lathe::layers
