#include "core/error.h"
#include "models/stored_weights.h"

namespace lathe::models {

namespace {

using layers::Weight;

constexpr const char* kOptimizer = "optimizer/vars";

std::string item(std::size_t i) {
  return concat(kOptimizer, "/", i);
}

double number(const TrainingState& state, const std::string& option) {
  const auto found = state.options.find(option);
  if (found == state.options.end()) return 0;
  return std::visit([](auto value) { return static_cast<double>(value); },
                    found->second);
}

/// How many tensors Keras' optimizer keeps for each weight; -1 for those that
/// lathe doesn't have.
int slots_of(const TrainingState& state) {
  const std::string& name = state.optimizer;
  if (name == "Adam" || name == "AdamW") {
    return number(state, "amsgrad") != 0 ? -1 : 2;
  }
  if (name == "SGD") return number(state, "momentum") != 0 ? 1 : 0;
  if (name == "RMSprop") {
    return 1 + (number(state, "momentum") > 0 ? 1 : 0) +
           (number(state, "centered") != 0 ? 1 : 0);
  }
  return name == "Lion" ? 1 : -1;
}

/// Calls visit for every tensor of the state in Keras' order of variables: the
/// averages, the accumulated gradients, and then what the optimizer keeps,
/// Adam's weight after weight, the others' slot after slot.
template <class F>
void for_variables(const TrainingState& state, F visit) {
  for (const Tensor& average : state.averages) visit(average);
  for (const Tensor& sum : state.accumulators) visit(sum);
  if (state.slots.empty()) return;
  if (state.optimizer == "Adam" || state.optimizer == "AdamW") {
    for (const auto& slots : state.slots) {
      for (const Tensor& slot : slots) visit(slot);
    }
    return;
  }
  for (std::size_t k = 0; k < state.slots[0].size(); ++k) {
    for (const auto& slots : state.slots) visit(slots.at(k));
  }
}

}  // namespace

void write_optimizer(const Model& model, const TrainingState& state,
                     WeightsWriter& writer) {
  const std::vector<Weight> weights = model.trainable_weights();
  const auto require_shape = [&](std::size_t i, const Tensor& tensor) {
    if (tensor.shape() != weights[i].tensor.shape()) {
      fail("the optimizer's state for ", weights[i].name, " has the shape ",
           tensor.shape(), "; the weight's is ", weights[i].tensor.shape());
    }
  };
  const auto require_all = [&](const std::vector<Tensor>& tensors) {
    if (tensors.empty()) return;
    if (tensors.size() != weights.size()) {
      fail("the optimizer's state is of ", tensors.size(),
           " weights; the model has ", weights.size(), " trainable ones");
    }
    for (std::size_t i = 0; i < weights.size(); ++i) {
      require_shape(i, tensors[i]);
    }
  };
  if (state.slots.size() != weights.size()) {
    fail("the optimizer's state is of ", state.slots.size(),
         " weights; the model has ", weights.size(), " trainable ones");
  }
  for (std::size_t i = 0; i < weights.size(); ++i) {
    for (const Tensor& slot : state.slots[i]) require_shape(i, slot);
  }
  require_all(state.averages);
  require_all(state.accumulators);
  if (!state.options.contains("learning_rate")) {
    fail("the optimizer's state has no learning_rate");
  }
  writer.make_group(kOptimizer, layers::snake_case(state.optimizer));
  std::size_t next = 0;
  const auto write = [&](const Tensor& tensor) {
    writer.write(item(next++), tensor);
  };
  write(Tensor::from<std::int64_t>({}, {state.iterations}));
  write(Tensor::from<float>(
      {}, {static_cast<float>(number(state, "learning_rate"))}));
  for_variables(state, write);
}

void read_optimizer(const Model& model, const WeightsReader& reader,
                    TrainingState& state) {
  const Tensor iterations({}, DType::int64);
  reader.read(item(0), iterations);
  state.iterations = iterations.values<std::int64_t>()[0];
  const int slots = slots_of(state);
  if (slots < 0) return;

  const std::vector<Weight> weights = model.trainable_weights();
  const auto zeros = [&] {
    std::vector<Tensor> tensors;
    tensors.reserve(weights.size());
    for (const Weight& weight : weights) {
      tensors.emplace_back(weight.tensor.shape());
    }
    return tensors;
  };
  if (number(state, "use_ema") != 0) state.averages = zeros();
  if (number(state, "gradient_accumulation_steps") > 1) {
    state.accumulators = zeros();
  }
  for (const Weight& weight : weights) {
    std::vector<Tensor>& kept = state.slots.emplace_back();
    for (int k = 0; k < slots; ++k) kept.emplace_back(weight.tensor.shape());
  }
  std::size_t expected = 1;
  for_variables(state, [&](const Tensor&) { ++expected; });
  const std::size_t stored = reader.names(kOptimizer).size();
  // A learning rate that follows a schedule is no variable.
  const bool has_rate = stored == expected + 1;
  if (!has_rate && stored != expected) {
    fail(reader.source(), " has ", stored, " variables of the optimizer; ",
         state.optimizer, " has ", expected + 1, " for ", weights.size(),
         " trainable weights");
  }
  std::size_t next = 1;
  if (has_rate) {
    const Tensor rate({}, DType::float32);
    reader.read(item(next++), rate);
    state.options["learning_rate"] = double{rate.values<float>()[0]};
  }
  for_variables(
      state, [&](const Tensor& tensor) { reader.read(item(next++), tensor); });
}

}  // namespace lathe::models
