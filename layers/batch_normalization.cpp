#include "layers/batch_normalization.h"

#include <nlohmann/json.hpp>

#include "layers/config_reader.h"

namespace lathe::layers {
namespace {

using nlohmann::json;

class BatchNormalizationDefinition final : public Definition {
 public:
  explicit BatchNormalizationDefinition(BatchNormalizationOptions options)
      : Definition("BatchNormalization", options.name),
        options_(std::move(options)) {
    if (options_.momentum < 0 || options_.momentum > 1 ||
        options_.epsilon <= 0) {
      refuse("momentum is ", options_.momentum, " and epsilon ",
             options_.epsilon,
             "; momentum must be in [0, 1] and epsilon positive");
    }
  }

  json config() const override {
    json config = base_config();
    config.update(
        {{"axis", options_.axis},
         {"momentum", options_.momentum},
         {"epsilon", options_.epsilon},
         {"center", options_.center},
         {"scale", options_.scale},
         {"beta_initializer", initializer_config(options_.beta_initializer)},
         {"gamma_initializer", initializer_config(options_.gamma_initializer)},
         {"moving_mean_initializer",
          initializer_config(options_.moving_mean_initializer)},
         {"moving_variance_initializer",
          initializer_config(options_.moving_variance_initializer)},
         {"beta_regularizer", nullptr},
         {"gamma_regularizer", nullptr},
         {"beta_constraint", nullptr},
         {"gamma_constraint", nullptr},
         {"synchronized", options_.synchronized},
         {"renorm", false},
         {"renorm_clipping", nullptr},
         {"renorm_momentum", 0.99}});
    return config;
  }

  Shape output_shape(const std::vector<Shape>& inputs) const override {
    const Shape& shape = single(inputs);
    const auto last = static_cast<std::int64_t>(shape.rank()) - 1;
    if (last < 1 || (options_.axis != -1 && options_.axis != last)) {
      refuse("axis is ", options_.axis, " and the input's shape ", shape,
             "; only the last axis (-1) can be normalised");
    }
    return shape;
  }

  graph::ValueId lower(
      Lowering& lowering,
      const std::vector<graph::ValueId>& inputs) const override {
    graph::Graph& graph = lowering.graph();
    const graph::ValueId x = inputs[0];
    auto weight = weights().begin();
    const graph::ValueId gamma =
        options_.scale ? lowering.weight(*weight++) : filled(lowering, x, 1);
    const graph::ValueId beta =
        options_.center ? lowering.weight(*weight++) : filled(lowering, x, 0);
    const graph::ValueId mean = lowering.weight(*weight++);
    const graph::ValueId variance = lowering.weight(*weight);
    if (!lowering.training() || !trainable()) {
      return graph.apply(graph::FixedNormalization{.epsilon = options_.epsilon},
                         {x, gamma, beta, mean, variance}, name());
    }
    const std::vector<graph::ValueId> normalized = graph.add(
        graph::BatchNormalization{
            .epsilon = options_.epsilon,
            .ranks = lowering.statistics_ranks(options_.synchronized)},
        {x, gamma, beta}, name());
    graph.add(graph::MovingStatistics{.momentum = options_.momentum,
                                      .warm_up = lowering.statistics_warm_up()},
              {lowering.statistics_count(), mean, normalized[1], variance,
               normalized[2]},
              name() + "/moving_statistics");
    return normalized[0];
  }

 private:
  void create_weights(const std::vector<Shape>& inputs) override {
    const Shape channels{inputs[0].back()};
    if (options_.scale) {
      add_weight("gamma", channels, options_.gamma_initializer);
    }
    if (options_.center) {
      add_weight("beta", channels, options_.beta_initializer);
    }
    add_weight("moving_mean", channels, options_.moving_mean_initializer,
               false);
    add_weight("moving_variance", channels,
               options_.moving_variance_initializer, false);
  }

  graph::ValueId filled(Lowering& lowering, graph::ValueId x,
                        double value) const {
    return lowering.graph().apply(
        graph::Constant{.spec = {{lowering.graph().shape(x).back()}},
                        .value = value},
        {}, name() + "/constant");
  }

  BatchNormalizationOptions options_;
};

}  // namespace

BatchNormalization::BatchNormalization(BatchNormalizationOptions options)
    : Layer(
          std::make_shared<BatchNormalizationDefinition>(std::move(options))) {}

Layer BatchNormalization::from_config(const json& config) {
  BatchNormalizationOptions options;
  ConfigReader read("BatchNormalization", config);
  read("name", options.name);
  read("axis", options.axis);
  read("momentum", options.momentum);
  read("epsilon", options.epsilon);
  read("center", options.center);
  read("scale", options.scale);
  read("beta_initializer", options.beta_initializer);
  read("gamma_initializer", options.gamma_initializer);
  read("moving_mean_initializer", options.moving_mean_initializer);
  read("moving_variance_initializer", options.moving_variance_initializer);
  read("synchronized", options.synchronized);
  read.require("renorm", false);
  read.ignore("renorm_momentum");
  read.finish();
  return BatchNormalization(std::move(options));
}

}  // namespace lathe::layers
