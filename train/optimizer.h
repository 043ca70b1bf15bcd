#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/graph/graph.h"
#include "models/training_state.h"

namespace lathe::train {

// The optimizers of keras.optimizers, under Keras' names, with its defaults and
// its arithmetic (core/graph/operations/optimizer.h has the formulas). `visit`
// names the options for texts and files, the most important one first.

/// What every optimizer of Keras can do with gradients and weights.
struct UpdateOptions {
  /// Weights whose name holds one of these parts don't decay, as
  /// exclude_from_weight_decay(var_names) has it: "bias", "gamma".
  std::vector<std::string> exclude_from_weight_decay = {};
  /// At most one of the three is above 0: the longest gradient of a weight, the
  /// longest of all of them together, and the largest element.
  double clipnorm = 0;
  double global_clipnorm = 0;
  double clipvalue = 0;
  /// Steps whose mean gradient makes an update. The averages below move at
  /// every step, as in Keras.
  std::int64_t gradient_accumulation_steps = 1;
  /// Keeps moving averages of the weights. Validation and the end of an epoch
  /// have them in the model (Trainer::use_averages).
  bool use_ema = false;
  double ema_momentum = 0.99;

  template <class Self, class F>
  static void visit(Self& o, F&& f) {
    f("exclude_from_weight_decay", o.exclude_from_weight_decay);
    f("clipnorm", o.clipnorm);
    f("global_clipnorm", o.global_clipnorm);
    f("clipvalue", o.clipvalue);
    f("gradient_accumulation_steps", o.gradient_accumulation_steps);
    f("use_ema", o.use_ema);
    f("ema_momentum", o.ema_momentum);
  }
};

struct Adam {
  static constexpr std::string_view kName = "adam";
  static constexpr std::string_view kKerasName = "Adam";
  double learning_rate = 1e-3;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  double weight_decay = 0;
  UpdateOptions update = {};

  template <class Self, class F>
  static void visit(Self& o, F&& f) {
    f("beta_1", o.beta_1);
    f("beta_2", o.beta_2);
    f("epsilon", o.epsilon);
    f("weight_decay", o.weight_decay);
    UpdateOptions::visit(o.update, f);
  }
};

/// Adam with weight decay on by default.
struct AdamW {
  static constexpr std::string_view kName = "adamw";
  static constexpr std::string_view kKerasName = "AdamW";
  double learning_rate = 1e-3;
  double weight_decay = 4e-3;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;
  UpdateOptions update = {};

  template <class Self, class F>
  static void visit(Self& o, F&& f) {
    f("weight_decay", o.weight_decay);
    f("beta_1", o.beta_1);
    f("beta_2", o.beta_2);
    f("epsilon", o.epsilon);
    UpdateOptions::visit(o.update, f);
  }
};

struct SGD {
  static constexpr std::string_view kName = "sgd";
  static constexpr std::string_view kKerasName = "SGD";
  double learning_rate = 1e-2;
  double momentum = 0;
  bool nesterov = false;
  double weight_decay = 0;
  UpdateOptions update = {};

  template <class Self, class F>
  static void visit(Self& o, F&& f) {
    f("momentum", o.momentum);
    f("nesterov", o.nesterov);
    f("weight_decay", o.weight_decay);
    UpdateOptions::visit(o.update, f);
  }
};

struct RMSprop {
  static constexpr std::string_view kName = "rmsprop";
  static constexpr std::string_view kKerasName = "RMSprop";
  double learning_rate = 1e-3;
  double rho = 0.9;
  double momentum = 0;
  double epsilon = 1e-7;
  bool centered = false;
  double weight_decay = 0;
  UpdateOptions update = {};

  template <class Self, class F>
  static void visit(Self& o, F&& f) {
    f("rho", o.rho);
    f("momentum", o.momentum);
    f("epsilon", o.epsilon);
    f("centered", o.centered);
    f("weight_decay", o.weight_decay);
    UpdateOptions::visit(o.update, f);
  }
};

struct Lion {
  static constexpr std::string_view kName = "lion";
  static constexpr std::string_view kKerasName = "Lion";
  double learning_rate = 1e-3;
  double beta_1 = 0.9;
  double beta_2 = 0.99;
  double weight_decay = 0;
  UpdateOptions update = {};

  template <class Self, class F>
  static void visit(Self& o, F&& f) {
    f("beta_1", o.beta_1);
    f("beta_2", o.beta_2);
    f("weight_decay", o.weight_decay);
    UpdateOptions::visit(o.update, f);
  }
};

using Optimizer = std::variant<Adam, AdamW, SGD, RMSprop, Lion>;

std::string_view keras_name(const Optimizer& optimizer);
double learning_rate(const Optimizer& optimizer);
const UpdateOptions& update_options(const Optimizer& optimizer);
/// Its numbers under Keras' names, as Keras' config has them.
models::OptimizerConfig keras_config(const Optimizer& optimizer);
/// Tensors it keeps for each weight.
std::size_t slot_count(const Optimizer& optimizer);

/// Throws Error naming the option unless all are in Keras' ranges.
void require_valid(const Optimizer& optimizer);

/// The operation that updates weights of these names. `joined_after` as
/// graph::UpdateOptions has it.
graph::Operation operation(const Optimizer& optimizer,
                           const std::vector<std::string>& weight_names,
                           std::vector<std::int64_t> joined_after);

/// The optimizer of a text such as "sgd(momentum=0.9,nesterov=true)" or
/// "adamw(exclude_from_weight_decay=bias:gamma:beta,clipnorm=1)", with Keras'
/// names and defaults. Throws Error saying what there is.
Optimizer optimizer_from(std::string_view text, double learning_rate);
/// The one that a .keras file was trained with, by Keras or here. Throws Error
/// where it is one that lathe doesn't have.
Optimizer optimizer_from(const models::TrainingState& state);
/// The text of which optimizer_from makes the same, but for the learning rate.
std::string to_text(const Optimizer& optimizer);

}  // namespace lathe::train
