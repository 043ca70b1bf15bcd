#pragma once

#include <variant>

#include "core/graph/graph.h"

namespace lathe::train {

/// For one channel and targets 0 and 1, as keras.losses.BinaryCrossentropy;
/// pixels whose target is 255 don't count.
struct BinaryCrossentropy {
  static constexpr std::string_view kKerasName = "binary_crossentropy";
  /// Whether the model ends without its sigmoid.
  bool from_logits = false;
};

/// For a channel a class and class ids as targets, as
/// keras.losses.SparseCategoricalCrossentropy; targets of 255 don't count.
struct SparseCategoricalCrossentropy {
  static constexpr std::string_view kKerasName =
      "sparse_categorical_crossentropy";
  /// Whether the model ends without its softmax.
  bool from_logits = false;
};

using Loss = std::variant<BinaryCrossentropy, SparseCategoricalCrossentropy>;

std::string_view keras_name(const Loss& loss);
bool from_logits(const Loss& loss);

/// Adds the loss of a prediction; returns the scalar's value.
graph::ValueId add_loss(graph::Graph& graph, const Loss& loss,
                        graph::ValueId prediction, graph::ValueId target);

}  // namespace lathe::train
