#include "tests/models/random_step.h"

#include <gtest/gtest.h>

#include "core/compiler/bfloat16_choice.h"
#include "core/graph/gradient.h"
#include "core/graph/passes/passes.h"
#include "tests/support/compare.h"
#include "tests/support/passes.h"
#include "tests/support/run_graph.h"
#include "train/optimizer_state.h"

namespace lathe::testing {
namespace {

using graph::Graph;
using graph::ValueId;
using Values = std::map<std::string, Tensor>;

// Runs them, and notes those that changed the graph.
void run_each(Graph& graph, const std::vector<graph::Pass>& passes,
              const CompileOptions& options, std::set<std::string>& changing) {
  for (const graph::Pass& pass : passes) {
    const std::string before = text_of(graph);
    graph::run_passes(graph, {pass}, options.disabled_passes);
    if (text_of(graph) != before) changing.emplace(pass.name);
  }
}

// Marks what a prediction is counted by; returns the names.
std::vector<std::string> add_metrics(Graph& graph, const Head& head,
                                     ValueId prediction, ValueId target,
                                     const std::string& name) {
  const double threshold = train::from_logits(head.loss) ? 0 : 0.5;
  const std::int64_t classes =
      std::max<std::int64_t>(graph.shape(prediction).back(), 2);
  std::vector<std::string> names;
  const auto add = [&](const char* metric, const graph::Operation& operation,
                       std::vector<ValueId> inputs) {
    const ValueId id = graph.apply(operation, std::move(inputs));
    names.push_back(name + metric);
    graph.mark_output(names.back(), id);
    return id;
  };
  if (graph.value(target).spec.dtype == DType::float32) {
    target =
        add(" truth", graph::PredictedClass{.ignore_zeros = true}, {target});
  }
  add(" class", graph::PredictedClass{.threshold = threshold}, {prediction});
  add(" confusion",
      graph::ConfusionMatrix{.classes = classes, .threshold = threshold},
      {prediction, target});
  if (graph.shape(prediction).back() > 1) {
    add(" top", graph::TopK{.k = 2}, {prediction, target});
  }
  return names;
}

Values sorted_out(const Graph& graph, const std::map<ValueId, Tensor>& values) {
  Values outputs;
  for (const auto& [name, id] : graph.outputs()) outputs[name] = values.at(id);
  return outputs;
}

// As train/compile_step.cpp does, for several heads.
class Step {
 public:
  Step(const RandomNetwork& network, const Setting& setting)
      : network_(network), setting_(setting) {
    lowered_ = network.model.lower({.batch = network.images.shape()[0],
                                    .training = setting.training,
                                    .statistics_warm_up = 9,
                                    .ranks = setting.ranks,
                                    .synchronized_statistics = true});
    for (auto& [id, tensor] : lowered_.bindings) tensor = tensor.clone();
    if (lowered_.statistics_count != graph::kNoValue) {
      lowered_.bindings[lowered_.statistics_count] = Tensor({1}, DType::int64);
    }
    add_heads();
    run_each(graph(), graph::forward_passes(), setting_.compile,
             outcome_.passes);
    if (setting.training) add_update();
    Graph finished = graph();
    run_each(finished,
             graph::final_passes(bfloat16_choice(setting_.compile),
                                 setting_.compile.device),
             setting_.compile, outcome_.passes);
    executable_ = std::make_unique<Executable>(graph(), lowered_.bindings,
                                               setting_.compile);
    for (const graph::Node& node : executable_->graph().nodes()) {
      outcome_.operations.emplace(graph::name_of(node.operation));
    }
  }

  Outcome run() {
    for (const auto& [id, tensor] : lowered_.bindings) {
      before_[id] = tensor.clone();
    }
    const Values first = run_once();
    // Again from the same state, in memory that was used before.
    for (const auto& [id, tensor] : lowered_.bindings) {
      tensor.copy_from(before_.at(id));
    }
    results_ = run_once();
    for (const auto& [name, tensor] : first) {
      SCOPED_TRACE(name + ", run again");
      expect_identical(results_.at(name), tensor);
    }
    check_metrics();
    if (setting_.training) check_update();
    sort_out();
    return std::move(outcome_);
  }

 private:
  Graph& graph() { return lowered_.graph; }
  static std::string prediction_name(std::size_t i) {
    return concat("prediction ", i);
  }
  std::string gradient_name(std::size_t i) {
    return concat("gradient ", i, ' ',
                  graph().value(lowered_.trainable[i]).name);
  }
  std::string state_name(ValueId id) {
    return concat("state ", id, ' ', graph().value(id).name);
  }

  void add_heads() {
    for (std::size_t i = 0; i < network_.heads.size(); ++i) {
      const Head& head = network_.heads[i];
      const ValueId target =
          graph().add_input(concat("target ", i), head.target.spec());
      const ValueId prediction = lowered_.outputs[i];
      graph().mark_output(prediction_name(i), prediction);
      add_metrics(graph(), head, prediction, target, prediction_name(i));
      const ValueId loss =
          train::add_loss(graph(), head.loss, prediction, target,
                          head.class_weights, setting_.ranks);
      loss_ = i == 0 ? loss : graph().apply(graph::Add{}, {loss_, loss});
    }
    graph().mark_output("loss", loss_);
  }

  void add_update() {
    const std::vector<ValueId> gradients =
        graph::differentiate(graph(), loss_, lowered_.trainable);
    if (setting_.ranks) graph::all_reduce(graph(), gradients, setting_.ranks);
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      graph().mark_output(gradient_name(i), gradients[i]);
    }
    first_kept_ = static_cast<ValueId>(graph().values().size());
    optimizer_ = optimizer_of(lowered_.bindings);
    optimizer_->add_update(graph(), lowered_.bindings, lowered_.trainable,
                           gradients);
  }

  // For the weights as these have them.
  std::unique_ptr<train::OptimizerState> optimizer_of(
      const std::map<ValueId, Tensor>& tensors) {
    std::vector<layers::Weight> weights;
    for (const ValueId id : lowered_.trainable) {
      weights.push_back({.name = graph().value(id).name,
                         .tensor = tensors.at(id),
                         .initializer = {}});
    }
    return std::make_unique<train::OptimizerState>(network_.optimizer, weights);
  }

  Values run_once() {
    const std::string input = graph().value(lowered_.inputs[0]).name;
    executable_->input(input).copy_from(network_.images);
    for (std::size_t i = 0; i < network_.heads.size(); ++i) {
      executable_->input(concat("target ", i))
          .copy_from(network_.heads[i].target);
    }
    if (executable_->has_input("draw")) {
      const Tensor draw = executable_->input("draw");
      for (std::int64_t i = 0; i < draw.elements(); ++i) {
        draw.data<std::int64_t>()[i] = 7 + i;
      }
    }
    executable_->run();
    Values values;
    for (const auto& [name, id] : executable_->graph().outputs()) {
      values[name] = executable_->output(name).clone();
    }
    for (const auto& [id, tensor] : lowered_.bindings) {
      values[state_name(id)] = tensor.clone();
    }
    return values;
  }

  // Counts are exact, given the predictions.
  void check_metrics() {
    for (std::size_t i = 0; i < network_.heads.size(); ++i) {
      const Head& head = network_.heads[i];
      const Tensor& seen = results_.at(prediction_name(i));
      Graph own;
      const ValueId prediction = own.add_input("prediction", seen.spec());
      const ValueId target = own.add_input("target", head.target.spec());
      const auto names =
          add_metrics(own, head, prediction, target, prediction_name(i));
      const Values expected = sorted_out(
          own, run_graph(own, Device::reference,
                         {{prediction, seen}, {target, head.target}}));
      for (const std::string& name : names) {
        SCOPED_TRACE(name);
        expect_identical(results_.at(name), expected.at(name));
      }
    }
  }

  // Given the gradients, an update is a formula for each element: of weights
  // near 1, with rounding of some 1e-7 each few operations.
  void check_update() {
    Graph own;
    std::map<ValueId, Tensor> given;
    std::vector<ValueId> weights;
    std::vector<ValueId> gradients;
    for (const ValueId id : lowered_.trainable) {
      weights.push_back(
          own.add_weight(graph().value(id).name, before_.at(id).spec()));
      given[weights.back()] = before_.at(id);
    }
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const Tensor& gradient = results_.at(gradient_name(i));
      gradients.push_back(own.add_input("gradient", gradient.spec()));
      given[gradients.back()] = gradient;
    }
    const auto shift = static_cast<ValueId>(own.values().size()) - first_kept_;
    Executable::Bindings kept;
    optimizer_of(before_)->add_update(own, kept, weights, gradients);
    given.insert(kept.begin(), kept.end());
    const auto expected = run_graph(own, Device::reference, given);
    const auto check = [&](ValueId id, ValueId there) {
      SCOPED_TRACE(state_name(id));
      expect_close(results_.at(state_name(id)), expected.at(there), 1e-5, 1e-6);
    };
    for (std::size_t i = 0; i < weights.size(); ++i) {
      check(lowered_.trainable[i], weights[i]);
    }
    for (const auto& [there, tensor] : kept) check(there - shift, there);
  }

  // What is left to compare.
  void sort_out() {
    for (std::size_t i = 0; i < network_.heads.size(); ++i) {
      const std::string name = prediction_name(i);
      outcome_.predictions[name] = results_.at(name);
    }
    outcome_.predictions["loss"] = results_.at("loss");
    for (const auto& [id, tensor] : lowered_.bindings) {
      if (setting_.training && id >= first_kept_) continue;
      outcome_.states[state_name(id)] = tensor;
    }
    for (std::size_t i = 0; setting_.training && i < lowered_.trainable.size();
         ++i) {
      outcome_.gradients[gradient_name(i)] = results_.at(gradient_name(i));
      outcome_.states.erase(state_name(lowered_.trainable[i]));
    }
  }

  const RandomNetwork& network_;
  Setting setting_;
  models::LoweredModel lowered_;
  ValueId loss_ = graph::kNoValue;
  std::unique_ptr<train::OptimizerState> optimizer_;
  // The first of what the optimizer keeps.
  ValueId first_kept_ = 0;
  std::unique_ptr<Executable> executable_;
  std::map<ValueId, Tensor> before_;
  Values results_;  // all outputs, and the states after the run
  Outcome outcome_;
};

}  // namespace

Outcome run(const RandomNetwork& network, const Setting& setting) {
  return Step(network, setting).run();
}

}  // namespace lathe::testing
