#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "core/graph/graph.h"

namespace lathe::train {

/// Adam as keras.optimizers.Adam has it.
struct Adam {
  static constexpr std::string_view kKerasName = "Adam";
  /// Tensors it keeps for each weight: the two moments.
  static constexpr std::size_t kSlots = 2;

  double learning_rate = 1e-3;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-7;

  /// Its numbers under Keras' names.
  std::map<std::string, double> keras_options() const {
    return {{"learning_rate", learning_rate},
            {"beta_1", beta_1},
            {"beta_2", beta_2},
            {"epsilon", epsilon}};
  }
  graph::Operation operation() const {
    return graph::Adam{.beta_1 = beta_1, .beta_2 = beta_2, .epsilon = epsilon};
  }
};

using Optimizer = std::variant<Adam>;

inline double learning_rate(const Optimizer& optimizer) {
  return std::visit([](const auto& o) { return o.learning_rate; }, optimizer);
}
inline std::size_t slot_count(const Optimizer& optimizer) {
  return std::visit([](const auto& o) { return o.kSlots; }, optimizer);
}
inline std::map<std::string, double> keras_options(const Optimizer& optimizer) {
  return std::visit([](const auto& o) { return o.keras_options(); }, optimizer);
}
inline graph::Operation operation(const Optimizer& optimizer) {
  return std::visit([](const auto& o) { return o.operation(); }, optimizer);
}

}  // namespace lathe::train
