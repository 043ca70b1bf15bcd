#include "layers/rescaling.h"

#include <nlohmann/json.hpp>

#include "layers/config_reader.h"

namespace lathe::layers {
namespace {

using nlohmann::json;

// As Keras writes it: one number as such, several as a list.
json compact(const std::vector<double>& numbers) {
  return numbers.size() == 1 ? json(numbers[0]) : json(numbers);
}

class RescalingDefinition final : public Definition {
 public:
  explicit RescalingDefinition(RescalingOptions options)
      : Definition("Rescaling", options.name), options_(std::move(options)) {
    if (options_.scale.empty() || options_.offset.empty()) {
      refuse("scale and offset must be one number, or one a channel");
    }
  }

  json config() const override {
    json config = base_config();
    config.update({{"scale", compact(options_.scale)},
                   {"offset", compact(options_.offset)}});
    return config;
  }

  Shape output_shape(const std::vector<Shape>& inputs) const override {
    const Shape& shape = single(inputs);
    for (const std::vector<double>& numbers :
         {options_.scale, options_.offset}) {
      const auto count = static_cast<std::int64_t>(numbers.size());
      if (count != 1 && (shape.rank() < 2 || shape.back() != count)) {
        refuse("there are ", count, " numbers to rescale an input of shape ",
               shape, "; it must be one, or one a channel");
      }
    }
    return shape;
  }

  graph::ValueId lower(
      Lowering& lowering,
      const std::vector<graph::ValueId>& inputs) const override {
    graph::Graph& graph = lowering.graph();
    if (options_.scale.size() == 1 && options_.offset.size() == 1) {
      return graph.apply(graph::Affine{.scale = options_.scale[0],
                                       .offset = options_.offset[0]},
                         {inputs[0]}, name());
    }
    // A normalisation of mean 0 and variance 1 scales channel by channel.
    const std::int64_t channels = graph.shape(inputs[0]).back();
    const auto constant = [&](const char* what,
                              const std::vector<double>& numbers) {
      return lowering.constant(concat(name(), '/', what),
                               per_channel(numbers, channels));
    };
    return graph.apply(graph::FixedNormalization{.epsilon = 0},
                       {inputs[0], constant("scale", options_.scale),
                        constant("offset", options_.offset),
                        constant("mean", {0}), constant("variance", {1})},
                       name());
  }

 private:
  static Tensor per_channel(const std::vector<double>& numbers,
                            std::int64_t channels) {
    const Tensor tensor({channels});
    for (std::size_t c = 0; c < tensor.values<float>().size(); ++c) {
      tensor.values<float>()[c] =
          static_cast<float>(numbers[numbers.size() == 1 ? 0 : c]);
    }
    return tensor;
  }

  RescalingOptions options_;
};

}  // namespace

Rescaling::Rescaling(RescalingOptions options)
    : Layer(std::make_shared<RescalingDefinition>(std::move(options))) {}

Layer Rescaling::from_config(const json& config) {
  RescalingOptions options;
  ConfigReader read("Rescaling", config);
  read("name", options.name);
  read("scale", options.scale);
  read("offset", options.offset);
  read.finish();
  return Rescaling(std::move(options));
}

}  // namespace lathe::layers
