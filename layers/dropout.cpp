#include "layers/dropout.h"

#include <nlohmann/json.hpp>

#include "layers/config_reader.h"

namespace lathe::layers {
namespace {

using nlohmann::json;

class DropoutDefinition final : public Definition {
 public:
  explicit DropoutDefinition(DropoutOptions options)
      : Definition("Dropout", options.name), options_(std::move(options)) {
    if (!(options_.rate >= 0 && options_.rate < 1)) {
      refuse("rate is ", options_.rate, "; it must be in [0, 1)");
    }
  }

  json config() const override {
    json noise_shape = nullptr;
    for (const std::int64_t extent : options_.noise_shape) {
      noise_shape.push_back(extent == -1 ? json(nullptr) : json(extent));
    }
    json config = base_config();
    config.update({{"rate", options_.rate},
                   {"seed", options_.seed ? json(*options_.seed) : json()},
                   {"noise_shape", noise_shape}});
    return config;
  }

  Shape output_shape(const std::vector<Shape>& inputs) const override {
    const Shape& shape = single(inputs);
    static_cast<void>(shared_extents(shape));
    return shape;
  }

  graph::ValueId lower(
      Lowering& lowering,
      const std::vector<graph::ValueId>& inputs) const override {
    if (!lowering.training() || options_.rate == 0) return inputs[0];
    graph::Graph& graph = lowering.graph();
    return graph.apply(
        graph::Dropout{.rate = options_.rate,
                       .operation = lowering.next_random_operation(),
                       .noise_shape = shared_extents(graph.shape(inputs[0]))},
        {inputs[0], lowering.draw()}, name());
  }

 private:
  // noise_shape without the batch axis, every extent known.
  Shape shared_extents(const Shape& input) const {
    const Shape& noise = options_.noise_shape;
    if (noise.rank() == 0) return {};
    std::vector<std::int64_t> extents;
    bool fits = noise.rank() == input.rank() && noise[0] == -1;
    for (std::size_t axis = 1; fits && axis < noise.rank(); ++axis) {
      const std::int64_t extent = noise[axis] == -1 ? input[axis] : noise[axis];
      fits = extent == 1 || extent == input[axis];
      extents.push_back(extent);
    }
    if (!fits) {
      refuse("noise_shape is ", noise, " and the input's shape ", input,
             "; noise_shape must be -1 for the batch, then 1, -1 or the "
             "input's extent for each axis");
    }
    return Shape(std::move(extents));
  }

  DropoutOptions options_;
};

}  // namespace

Dropout::Dropout(DropoutOptions options)
    : Layer(std::make_shared<DropoutDefinition>(std::move(options))) {}

Layer Dropout::from_config(const json& config) {
  DropoutOptions options;
  std::vector<std::int64_t> noise_shape;
  ConfigReader read("Dropout", config);
  read("name", options.name);
  read("rate", options.rate);
  read("seed", options.seed);
  read("noise_shape", noise_shape);
  read.finish();
  options.noise_shape = Shape(std::move(noise_shape));
  return Dropout(std::move(options));
}

}  // namespace lathe::layers
