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

  std::shared_ptr<Communicator> statistics_ranks(
      bool synchronized) const override {
    return synchronized || options_.synchronized_statistics ? options_.ranks
                                                            : nullptr;
  }

  void add_weights(const Definition& layer, bool trainable) {
    for (const Weight& weight : layer.weights()) {
      const bool trained = trainable && layer.trainable() && weight.trainable;
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

// The same for what works as in inference.
class InferenceLowering final : public layers::Lowering {
 public:
  explicit InferenceLowering(layers::Lowering& whole) : whole_(whole) {}

  graph::Graph& graph() override { return whole_.graph(); }
  bool training() const override { return false; }
  ValueId weight(const Weight& weight) override {
    return whole_.weight(weight);
  }
  ValueId constant(const std::string& name, const Tensor& tensor) override {
    return whole_.constant(name, tensor);
  }
  ValueId draw() override { return whole_.draw(); }
  std::uint32_t next_random_operation() override {
    return whole_.next_random_operation();
  }
  std::uint32_t next_augmentation() override {
    return whole_.next_augmentation();
  }
  ValueId statistics_count() override { return whole_.statistics_count(); }
  double statistics_warm_up() const override {
    return whole_.statistics_warm_up();
  }
  std::shared_ptr<Communicator> statistics_ranks(
      bool synchronized) const override {
    return whole_.statistics_ranks(synchronized);
  }

 private:
  layers::Lowering& whole_;
};

}  // namespace

Shape Model::State::output_shape(const std::vector<Shape>& shapes) const {
  bool fits = shapes.size() == inputs.size() && outputs.size() == 1;
  std::string expected;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    fits = fits && i < shapes.size() && shapes[i] == inputs[i].shape();
    expected += concat(i == 0 ? "" : ", ", inputs[i].shape());
  }
  if (!fits) {
    refuse("takes ", expected, " and gives ", outputs.size(),
           " outputs; it is given ", shapes.size(), " inputs, the first of ",
           shapes.empty() ? Shape() : shapes[0],
           ", and a layer has one output");
  }
  return outputs[0].shape();
}

std::vector<ValueId> Model::State::lower_all(
    layers::Lowering& lowering, const std::vector<ValueId>& given) const {
  std::map<const Call*, ValueId> values;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    values.emplace(inputs[i].call().get(), given[i]);
  }
  InferenceLowering inference(lowering);
  for (const auto& call : calls) {
    if (values.count(call.get()) != 0) continue;
    std::vector<ValueId> arguments;
    for (const layers::Symbol& input : call->inputs) {
      arguments.push_back(values.at(input.call().get()));
    }
    layers::Lowering& mode = call->options.training ? lowering : inference;
    values.emplace(call.get(), call->layer->lower(mode, arguments));
  }
  std::vector<ValueId> results;
  for (const layers::Symbol& output : outputs) {
    results.push_back(values.at(output.call().get()));
  }
  return results;
}

LoweredModel Model::lower(const LoweringOptions& options) const {
  if (options.batch < 1) {
    fail("model '", name(), "': a batch of ", options.batch,
         "; it must be at least 1");
  }
  ModelLowering lowering(options);
  for (const layers::Symbol& input : state_->inputs) {
    Shape shape = input.shape();
    shape[0] = options.batch;
    lowering.lowered.inputs.push_back(lowering.graph().add_input(
        input.call()->layer->name(), {.shape = std::move(shape)}));
  }
  for (const auto& layer : flat_layers()) {
    lowering.add_weights(*layer, trainable());
  }
  lowering.lowered.outputs =
      state_->lower_all(lowering, lowering.lowered.inputs);
  LoweredModel lowered = std::move(lowering.lowered);
  if (lowered.statistics_count != graph::kNoValue) {
    lowered.graph.add(graph::Increment{}, {lowered.statistics_count},
                      "statistics_count");
  }
  return lowered;
}

}  // namespace lathe::models
