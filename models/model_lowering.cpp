#include "core/error.h"
#include "core/philox.h"
#include "models/model_state.h"

namespace lathe::models {
namespace {

using graph::ValueId;
using layers::Call;
using layers::Definition;
using layers::Weight;

// Puts one model into one graph.
class ModelLowering final : public layers::Lowering {
 public:
  explicit ModelLowering(const LoweringOptions& options) : options_(options) {}

  graph::Graph& graph() override { return lowered.graph; }
  bool training() const override { return options_.training; }

  ValueId weight(const Weight& weight) override {
    return values_.at(weight.tensor.raw());
  }

  ValueId constant(const std::string& name, const Tensor& tensor) override {
    const ValueId id = lowered.graph.add_state(name, tensor.spec());
    lowered.bindings.emplace(id, tensor);
    return id;
  }

  ValueId draw() override {
    if (lowered.draw == graph::kNoValue) {
      lowered.draw =
          lowered.graph.add_input("draw", {{options_.batch + 2}, DType::int64});
    }
    return lowered.draw;
  }

  std::uint32_t next_random_operation() override {
    return RandomStream::dropout + random_operations_++;
  }

  std::uint32_t next_augmentation() override { return augmentations_++; }

  ValueId statistics_count() override {
    if (lowered.statistics_count == graph::kNoValue) {
      lowered.statistics_count =
          lowered.graph.add_state("statistics_count", {{1}, DType::int64});
    }
    return lowered.statistics_count;
  }

  double statistics_warm_up() const override {
    return options_.statistics_warm_up;
  }

  void add_weights(const Definition& layer) {
    for (const Weight& weight : layer.weights()) {
      const bool trained = layer.trainable() && weight.trainable;
      const std::string name = concat(layer.name(), '/', weight.name);
      const ValueId id =
          trained ? lowered.graph.add_weight(name, weight.tensor.spec())
                  : lowered.graph.add_state(name, weight.tensor.spec());
      if (trained) lowered.trainable.push_back(id);
      lowered.bindings.emplace(id, weight.tensor);
      values_.emplace(weight.tensor.raw(), id);
    }
  }

  LoweredModel lowered;

 private:
  LoweringOptions options_;
  std::map<const void*, ValueId> values_;
  std::uint32_t random_operations_ = 0;
  std::uint32_t augmentations_ = 0;
};

}  // namespace

LoweredModel Model::lower(const LoweringOptions& options) const {
  if (options.batch < 1) {
    fail("model '", name(), "': a batch of ", options.batch,
         "; it must be at least 1");
  }
  ModelLowering lowering(options);
  std::map<const Call*, ValueId> values;
  for (const layers::Symbol& input : state_->inputs) {
    Shape shape = input.shape();
    shape[0] = options.batch;
    const ValueId id = lowering.graph().add_input(input.call()->layer->name(),
                                                  {.shape = std::move(shape)});
    lowering.lowered.inputs.push_back(id);
    values.emplace(input.call().get(), id);
  }
  for (const auto& layer : state_->layers) lowering.add_weights(*layer);
  for (const auto& call : state_->calls) {
    if (values.count(call.get()) != 0) continue;
    std::vector<ValueId> inputs;
    for (const layers::Symbol& input : call->inputs) {
      inputs.push_back(values.at(input.call().get()));
    }
    values.emplace(call.get(), call->layer->lower(lowering, inputs));
  }
  for (const layers::Symbol& output : state_->outputs) {
    lowering.lowered.outputs.push_back(values.at(output.call().get()));
  }
  LoweredModel lowered = std::move(lowering.lowered);
  if (lowered.statistics_count != graph::kNoValue) {
    lowered.graph.add(graph::Increment{}, {lowered.statistics_count},
                      "statistics_count");
  }
  return lowered;
}

}  // namespace lathe::models
