#include "layers/input.h"

#include <nlohmann/json.hpp>

#include "layers/config_reader.h"

namespace lathe::layers {
namespace {

using nlohmann::json;

class InputDefinition final : public Definition {
 public:
  explicit InputDefinition(InputOptions options)
      : Definition("InputLayer", std::move(options.name)) {
    std::vector<std::int64_t> extents = options.shape.extents();
    for (const std::int64_t extent : extents) {
      if (extent < 1) {
        refuse("shape is ", options.shape,
               "; every extent but the batch's must be known, at least 1");
      }
    }
    extents.insert(extents.begin(), -1);
    shape_ = Shape(std::move(extents));
  }

  json config() const override {
    json extents = shape_.extents();
    extents[0] = nullptr;
    return {{"batch_shape", extents}, {"dtype", "float32"},
            {"sparse", false},        {"ragged", false},
            {"name", name()},         {"optional", false}};
  }

  Shape output_shape(const std::vector<Shape>&) const override {
    return shape_;
  }

  graph::ValueId lower(Lowering&,
                       const std::vector<graph::ValueId>&) const override {
    refuse("an input is no operation");
  }

 private:
  Shape shape_;
};

}  // namespace

InputLayer::InputLayer(InputOptions options)
    : Layer(std::make_shared<InputDefinition>(std::move(options))) {}

Layer InputLayer::from_config(const json& config) {
  InputOptions options;
  ConfigReader read("InputLayer", config);
  std::vector<std::int64_t> shape;
  read("name", options.name);
  read("batch_shape", shape);
  read.require("sparse", false);
  read.require("ragged", false);
  read.require("optional", false);
  read.finish();
  if (shape.empty()) read.refuse("batch_shape", "a list such as (N, H, W, C)");
  options.shape = Shape({shape.begin() + 1, shape.end()});
  return InputLayer(std::move(options));
}

Symbol Input(InputOptions options) {
  return InputLayer(std::move(options))(std::vector<Symbol>{});
}

}  // namespace lathe::layers
