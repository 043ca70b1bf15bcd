#pragma once

#include <variant>

#include "core/graph/graph.h"

namespace lathe::train {

// Targets of 255 in masks and of -1 in labels don't count. Label smoothing s of
// [0, 1] takes a target t as t (1 - s) + s / classes, as Keras does.

/// For one channel and targets 0 and 1, as keras.losses.BinaryCrossentropy.
struct BinaryCrossentropy {
  static constexpr std::string_view kKerasName = "binary_crossentropy";
  /// Whether the model ends without its sigmoid.
  bool from_logits = false;
  double label_smoothing = 0;
};

/// For a channel a class and class ids as targets, as
/// keras.losses.SparseCategoricalCrossentropy. Keras has no smoothing here;
/// ours is CategoricalCrossentropy's.
struct SparseCategoricalCrossentropy {
  static constexpr std::string_view kKerasName =
      "sparse_categorical_crossentropy";
  /// Whether the model ends without its softmax.
  bool from_logits = false;
  double label_smoothing = 0;
};

/// For a channel a class and a distribution over the classes as target, as
/// keras.losses.CategoricalCrossentropy. In training, targets are float32 of
/// the prediction's shape (as mixing makes them), zero in rows to ignore; class
/// ids stand for one whole class, and in evaluation targets are ids.
struct CategoricalCrossentropy {
  static constexpr std::string_view kKerasName = "categorical_crossentropy";
  /// Whether the model ends without its softmax.
  bool from_logits = false;
  double label_smoothing = 0;
};

using Loss = std::variant<BinaryCrossentropy, SparseCategoricalCrossentropy,
                          CategoricalCrossentropy>;

std::string_view keras_name(const Loss& loss);
bool from_logits(const Loss& loss);
double label_smoothing(const Loss& loss);

/// Adds the loss of a prediction; returns the scalar's value. Class weights as
/// graph::LossOptions has them.
graph::ValueId add_loss(graph::Graph& graph, const Loss& loss,
                        graph::ValueId prediction, graph::ValueId target,
                        std::vector<float> class_weights = {});

}  // namespace lathe::train
