#pragma once

#include <vector>

#include "core/compiler/executable.h"
#include "layers/layer.h"
#include "models/training_state.h"
#include "train/optimizer.h"

namespace lathe::train {

/// What an optimizer keeps between steps, and its part of a step's graph.
class OptimizerState {
 public:
  OptimizerState(Optimizer optimizer,
                 const std::vector<layers::Weight>& weights);

  const Optimizer& optimizer() const { return optimizer_; }
  /// Steps done (accumulating ones included), which Keras calls iterations.
  std::int64_t iterations() const { return iterations_; }
  /// To be called where a step, which counts for itself, was begun.
  void count_step() { ++iterations_; }
  /// The learning rate of the next step.
  void set_learning_rate(double rate);
  double learning_rate() const { return rate_; }

  /// For weights that are trained from now on: what is kept for those that
  /// were before stays, the others begin as new ones do, and Adam counts their
  /// updates from here.
  void set_weights(const std::vector<layers::Weight>& weights);

  /// Adds to a graph what changes these weights (in the order of set_weights)
  /// by their gradients.
  void add_update(graph::Graph& graph, Executable::Bindings& bindings,
                  const std::vector<graph::ValueId>& weights,
                  const std::vector<graph::ValueId>& gradients) const;

  bool has_averages() const { return update_options(optimizer_).use_ema; }
  /// Exchanges the weights with their moving averages.
  void swap_averages();

  /// As a .keras file has it, and back. Throws Error naming `file` where it is
  /// of another optimizer or other weights.
  models::TrainingState to_file() const;
  void from_file(const models::TrainingState& state, const std::string& file);

  /// The updates done before each weight joined; empty where all did at the
  /// start.
  std::vector<std::int64_t> joined_after() const;
  void set_joined_after(const std::vector<std::int64_t>& updates);

 private:
  struct Kept {
    Tensor weight;
    std::string name;
    std::vector<Tensor> slots;
    Tensor accumulator;  // where gradients accumulate
    Tensor average;      // where there are moving averages
    std::int64_t joined_after = 0;
  };
  Kept kept_for(const layers::Weight& weight) const;

  Optimizer optimizer_;
  // What the step reads, and what is in them, which a GPU is not asked for.
  Tensor iteration_;
  Tensor learning_rate_;
  std::int64_t iterations_ = 0;
  float rate_ = 0;
  std::vector<Kept> kept_;
};

}  // namespace lathe::train
