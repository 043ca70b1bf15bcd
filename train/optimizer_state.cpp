#include "train/optimizer_state.h"

#include <algorithm>

#include "core/error.h"

namespace lathe::train {

using graph::ValueId;

OptimizerState::OptimizerState(Optimizer optimizer,
                               const std::vector<layers::Weight>& weights)
    : optimizer_(std::move(optimizer)),
      iteration_({1}, DType::int64),
      learning_rate_({1}, DType::float32) {
  require_valid(optimizer_);
  set_learning_rate(train::learning_rate(optimizer_));
  set_weights(weights);
}

void OptimizerState::set_learning_rate(double rate) {
  if (static_cast<float>(rate) == rate_) return;
  rate_ = static_cast<float>(rate);
  learning_rate_.values<float>()[0] = rate_;
}

OptimizerState::Kept OptimizerState::kept_for(
    const layers::Weight& weight) const {
  const UpdateOptions& update = update_options(optimizer_);
  const Shape& shape = weight.tensor.shape();
  Kept kept{.weight = weight.tensor,
            .name = weight.name,
            .joined_after = iterations() / update.gradient_accumulation_steps};
  for (std::size_t i = 0; i < slot_count(optimizer_); ++i) {
    kept.slots.emplace_back(shape);
  }
  if (update.gradient_accumulation_steps > 1) kept.accumulator = Tensor(shape);
  if (update.use_ema) kept.average = weight.tensor.clone();
  return kept;
}

void OptimizerState::set_weights(const std::vector<layers::Weight>& weights) {
  std::vector<Kept> all;
  for (const layers::Weight& weight : weights) {
    const auto before =
        std::find_if(kept_.begin(), kept_.end(), [&](const Kept& kept) {
          return kept.weight.raw() == weight.tensor.raw();
        });
    all.push_back(before == kept_.end() ? kept_for(weight) : *before);
  }
  kept_ = std::move(all);
}

void OptimizerState::add_update(graph::Graph& graph,
                                Executable::Bindings& bindings,
                                const std::vector<ValueId>& weights,
                                const std::vector<ValueId>& gradients) const {
  const UpdateOptions& update = update_options(optimizer_);
  const bool accumulates = update.gradient_accumulation_steps > 1;
  const auto state = [&](const std::string& name, const Tensor& tensor) {
    const ValueId id = graph.add_state(name, tensor.spec());
    bindings[id] = tensor;
    return id;
  };
  const ValueId iteration = state("iteration", iteration_);
  std::vector<ValueId> operands{iteration,
                                state("learning_rate", learning_rate_)};
  std::vector<ValueId> slopes = gradients;
  if (accumulates) {
    std::vector<ValueId> pairs;
    for (std::size_t i = 0; i < kept_.size(); ++i) {
      slopes[i] = state(concat(graph.value(weights[i]).name, "/accumulator"),
                        kept_[i].accumulator);
      pairs.insert(pairs.end(), {gradients[i], slopes[i]});
    }
    graph.add(graph::AccumulateGradients{}, pairs, "accumulate_gradients");
  }
  if (update.clipnorm > 0 || update.global_clipnorm > 0) {
    const bool global = update.global_clipnorm > 0;
    operands.push_back(graph.apply(
        graph::GradientScales{
            .limit = global ? update.global_clipnorm : update.clipnorm,
            .global = global,
            .accumulation_steps = update.gradient_accumulation_steps},
        slopes, "gradient_scales"));
  }
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    names.push_back(kept_[i].name);
    operands.insert(operands.end(), {weights[i], slopes[i]});
    for (const Tensor& slot : kept_[i].slots) {
      operands.push_back(
          state(concat(graph.value(weights[i]).name, "/slot"), slot));
    }
  }
  graph.add(operation(optimizer_, names, joined_after()), operands,
            "optimizer");
  if (update.use_ema) {
    std::vector<ValueId> averaged{iteration};
    for (std::size_t i = 0; i < kept_.size(); ++i) {
      averaged.insert(
          averaged.end(),
          {weights[i], state(concat(graph.value(weights[i]).name, "/average"),
                             kept_[i].average)});
    }
    graph.add(graph::WeightAverages{.momentum = update.ema_momentum,
                                    .accumulation_steps =
                                        update.gradient_accumulation_steps},
              averaged, "weight_averages");
  }
  graph.add(graph::Increment{}, {iteration}, "iteration");
}

void OptimizerState::swap_averages() {
  for (const Kept& kept : kept_) {
    const auto weight = kept.weight.values<float>();
    const auto average = kept.average.values<float>();
    std::swap_ranges(weight.begin(), weight.end(), average.begin());
  }
}

models::TrainingState OptimizerState::to_file() const {
  models::TrainingState state{.optimizer = std::string(keras_name(optimizer_)),
                              .options = keras_config(optimizer_),
                              .iterations = iterations()};
  state.options["learning_rate"] = learning_rate();
  for (const Kept& kept : kept_) {
    state.slots.push_back(kept.slots);
    if (!kept.average.empty()) state.averages.push_back(kept.average);
    if (!kept.accumulator.empty()) {
      state.accumulators.push_back(kept.accumulator);
    }
  }
  return state;
}

void OptimizerState::from_file(const models::TrainingState& state,
                               const std::string& file) {
  if (state.optimizer != keras_name(optimizer_)) {
    fail(file, ": its run was with ", state.optimizer, " and this one is with ",
         keras_name(optimizer_));
  }
  if (state.slots.size() != kept_.size()) {
    fail(file, ": has optimizer state for ", state.slots.size(),
         " weights and the model has ", kept_.size());
  }
  const models::TrainingState mine = to_file();
  const auto require = [&](bool same, const char* what) {
    if (!same) {
      fail(file, ": its run and this one differ in ", what,
           ", so that the optimizer's state does not fit");
    }
  };
  require(state.averages.size() == mine.averages.size(), "use_ema");
  require(state.accumulators.size() == mine.accumulators.size(),
          "gradient_accumulation_steps");
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    require(state.slots[i].size() == kept_[i].slots.size(),
            "what the optimizer keeps");
    for (std::size_t j = 0; j < kept_[i].slots.size(); ++j) {
      kept_[i].slots[j].copy_from(state.slots[i][j]);
    }
    if (!state.averages.empty()) kept_[i].average.copy_from(state.averages[i]);
    if (!state.accumulators.empty()) {
      kept_[i].accumulator.copy_from(state.accumulators[i]);
    }
  }
  iterations_ = state.iterations;
  iteration_.values<std::int64_t>()[0] = iterations_;
  const auto rate = state.options.find("learning_rate");
  if (rate != state.options.end()) {
    set_learning_rate(std::get<double>(rate->second));
  }
}

std::vector<std::int64_t> OptimizerState::joined_after() const {
  std::vector<std::int64_t> updates;
  for (const Kept& kept : kept_) updates.push_back(kept.joined_after);
  const bool together = std::all_of(updates.begin(), updates.end(),
                                    [](std::int64_t u) { return u == 0; });
  return together ? std::vector<std::int64_t>{} : updates;
}

void OptimizerState::set_joined_after(
    const std::vector<std::int64_t>& updates) {
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    kept_[i].joined_after = i < updates.size() ? updates[i] : 0;
  }
}

}  // namespace lathe::train
