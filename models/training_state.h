#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/tensor.h"

namespace lathe::models {

/// What a .keras file says about training beside the weights. Keras reads all
/// of it but `extra`, and goes on from there.
struct TrainingState {
  /// Keras' class of the optimizer.
  std::string optimizer = "Adam";
  /// Its numbers under Keras' names: learning_rate (which must be there to be
  /// saved, and is not where Keras followed a schedule), beta_1, ...
  std::map<std::string, double> options;
  /// Updates done so far.
  std::int64_t iterations = 0;
  /// What the optimizer keeps for each of Model::trainable_weights(), of the
  /// weight's shape: Adam's m and v. Empty if it was read for an optimizer that
  /// is not Adam.
  std::vector<std::vector<Tensor>> slots;
  /// Keras' name of the loss: binary_crossentropy or
  /// sparse_categorical_crossentropy (which then leaves out targets of 255).
  std::string loss = "binary_crossentropy";
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
