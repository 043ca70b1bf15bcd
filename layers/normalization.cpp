#include "layers/normalization.h"

#include <nlohmann/json.hpp>

#include "layers/config_reader.h"

namespace lathe::layers {
namespace {

using nlohmann::json;

// Under the root, where Keras has max(sqrt(variance), 1e-7): the same for
// constant channels (variance 0), and lost in rounding for others.
constexpr double kEpsilon = 1e-14;

class NormalizationDefinition final : public Definition {
 public:
  explicit NormalizationDefinition(NormalizationOptions options)
      : Definition("Normalization", options.name),
        options_(std::move(options)) {
    if (options_.mean.size() != options_.variance.size()) {
      refuse("there are ", options_.mean.size(), " means and ",
             options_.variance.size(), " variances; give both or none");
    }
  }

  json config() const override {
    const bool given = !options_.mean.empty();
    json config = base_config();
    config.update({{"axis", {options_.axis}},
                   {"invert", false},
                   {"mean", given ? json(options_.mean) : json()},
                   {"variance", given ? json(options_.variance) : json()}});
    return config;
  }

  Shape output_shape(const std::vector<Shape>& inputs) const override {
    const Shape& shape = single(inputs);
    const auto last = static_cast<std::int64_t>(shape.rank()) - 1;
    if (last < 1 || (options_.axis != -1 && options_.axis != last)) {
      refuse("axis is ", options_.axis, " and the input's shape ", shape,
             "; only the last axis (-1) can be normalised");
    }
    const auto count = static_cast<std::int64_t>(options_.mean.size());
    if (count > 1 && count != shape.back()) {
      refuse("there are ", count, " means for an input of shape ", shape,
             "; give one, or one a channel");
    }
    return shape;
  }

  graph::ValueId lower(
      Lowering& lowering,
      const std::vector<graph::ValueId>& inputs) const override {
    graph::Graph& graph = lowering.graph();
    const Shape channels{graph.shape(inputs[0]).back()};
    const bool given = !options_.mean.empty();
    const auto filled = [&](double value) {
      return graph.apply(graph::Constant{.spec = {channels}, .value = value},
                         {}, name() + "/constant");
    };
    const graph::ValueId mean =
        given ? constant(lowering, "mean", options_.mean, channels)
              : lowering.weight(weights()[0]);
    const graph::ValueId variance =
        given ? constant(lowering, "variance", options_.variance, channels)
              : lowering.weight(weights()[1]);
    return graph.apply(graph::FixedNormalization{.epsilon = kEpsilon},
                       {inputs[0], filled(1), filled(0), mean, variance},
                       name());
  }

 private:
  void create_weights(const std::vector<Shape>& inputs) override {
    if (!options_.mean.empty()) return;
    const Shape channels{inputs[0].back()};
    add_weight("mean", channels, Zeros{}, false);
    add_weight("variance", channels, Ones{}, false);
    add_weight("count", {}, Zeros{}, false, DType::int64);
  }

  graph::ValueId constant(Lowering& lowering, const char* what,
                          const std::vector<double>& numbers,
                          const Shape& channels) const {
    const Tensor tensor(channels);
    for (std::size_t c = 0; c < tensor.values<float>().size(); ++c) {
      tensor.values<float>()[c] =
          static_cast<float>(numbers[numbers.size() == 1 ? 0 : c]);
    }
    return lowering.constant(concat(name(), '/', what), tensor);
  }

  NormalizationOptions options_;
};

}  // namespace

Normalization::Normalization(NormalizationOptions options)
    : Layer(std::make_shared<NormalizationDefinition>(std::move(options))) {}

Layer Normalization::from_config(const json& config) {
  NormalizationOptions options;
  ConfigReader read("Normalization", config);
  read("name", options.name);
  const json& axis = read.raw("axis");
  if (axis.is_array() && axis.size() == 1 && axis[0].is_number_integer()) {
    options.axis = axis[0].get<std::int64_t>();
  } else if (axis.is_number_integer()) {
    options.axis = axis.get<std::int64_t>();
  } else if (config.contains("axis")) {
    read.refuse("axis", "-1, the last axis");
  }
  read.require("invert", false);
  read("mean", options.mean);
  read("variance", options.variance);
  read.finish();
  return Normalization(std::move(options));
}

}  // namespace lathe::layers
