#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <variant>
#include <vector>

#include "core/tensor.h"

namespace lathe::models {

/// An optimizer's options under Keras' names.
using OptimizerConfig =
    std::map<std::string, std::variant<double, std::int64_t, bool>>;

/// What a .keras file says about training beside the weights. Keras reads all
/// of it but `extra`, and goes on from there.
struct TrainingState {
  /// Keras' class of the optimizer.
  std::string optimizer = "Adam";
  /// learning_rate (which must be there to be saved, and is not where Keras
  /// followed a schedule), beta_1, ...
  OptimizerConfig options;
  /// Steps done so far.
  std::int64_t iterations = 0;
  /// What the optimizer keeps for each of Model::trainable_weights(), of the
  /// weight's shape: Adam's and AdamW's m and v; SGD's and Lion's m; RMSprop's
  /// v, m, mean gradient. Empty if it was read for another optimizer.
  std::vector<std::vector<Tensor>> slots;
  /// With use_ema the moving average of each weight, and with
  /// gradient_accumulation_steps the sum of its gradients so far.
  std::vector<Tensor> averages;
  std::vector<Tensor> accumulators;
  /// Keras' name of the loss: binary_crossentropy, categorical_crossentropy,
  /// sparse_categorical_crossentropy, binary_focal_crossentropy,
  /// categorical_focal_crossentropy or dice.
  std::string loss = "binary_crossentropy";
  /// What its config has beside what follows here, a JSON object's text; to be
  /// saved only.
  std::string loss_options = "{}";
  double label_smoothing = 0;
  /// The target that sparse_categorical_crossentropy leaves out.
  std::int64_t ignore_class = 255;
  bool from_logits = false;
  /// Names that Keras knows.
  std::vector<std::string> metrics = {"accuracy"};
  /// JSON text for what Keras has no place for; kept in an entry lathe.json.
  std::string extra = "{}";
};

/// config.json's compile_config.
nlohmann::json compile_config(const TrainingState& state);

/// Optimizer, loss and metrics of a compile_config, as far as they are plain
/// names and numbers; no iterations, slots and extra.
TrainingState training_state_from(const nlohmann::json& compile_config);

}  // namespace lathe::models
