#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/communication/communicator.h"
#include "core/graph/graph.h"

namespace lathe::train {

// Targets of 255 in masks and of -1 in labels don't count. Label smoothing s of
// [0, 1] takes a target t as t (1 - s) + s / classes, as Keras does. A model
// ends with a sigmoid or a softmax or, from_logits, without. kName is the name
// in texts (loss_from).

/// For one channel and targets 0 and 1, as keras.losses.BinaryCrossentropy.
struct BinaryCrossentropy {
  static constexpr std::string_view kName = "crossentropy";
  bool from_logits = false;
  double label_smoothing = 0;

  template <class Self, class F>
  static void visit(Self& self, F&& f) {
    f("label_smoothing", self.label_smoothing);
  }
};

/// For a channel a class and class ids as targets, as
/// keras.losses.SparseCategoricalCrossentropy. Keras has no smoothing here;
/// ours is CategoricalCrossentropy's.
struct SparseCategoricalCrossentropy {
  static constexpr std::string_view kName = "crossentropy";
  bool from_logits = false;
  double label_smoothing = 0;

  template <class Self, class F>
  static void visit(Self& self, F&& f) {
    f("label_smoothing", self.label_smoothing);
  }
};

/// For a channel a class and a distribution over the classes as target, as
/// keras.losses.CategoricalCrossentropy. In training, targets are float32 of
/// the prediction's shape (as mixing makes them), zero in rows to ignore; class
/// ids stand for one whole class, and in evaluation targets are ids.
struct CategoricalCrossentropy {
  bool from_logits = false;
  double label_smoothing = 0;
};

/// For one channel and targets 0 and 1, as
/// keras.losses.BinaryFocalCrossentropy: the crossentropy times (1 - q)^gamma,
/// q the probability of what is true; with class balancing also times alpha
/// where the target is 1, and 1 - alpha where it is 0.
struct BinaryFocalCrossentropy {
  static constexpr std::string_view kName = "focal";
  double gamma = 2;
  double alpha = 0.25;
  bool apply_class_balancing = false;
  bool from_logits = false;

  template <class Self, class F>
  static void visit(Self& self, F&& f) {
    f("gamma", self.gamma);
    f("alpha", self.alpha);
    f("apply_class_balancing", self.apply_class_balancing);
  }
};

/// For a channel a class, as keras.losses.CategoricalFocalCrossentropy, but of
/// class ids: the crossentropy times alpha (1 - q)^gamma, q the probability of
/// the true class. Alpha is one number, or one a class.
struct CategoricalFocalCrossentropy {
  static constexpr std::string_view kName = "focal";
  double gamma = 2;
  std::vector<double> alpha = {0.25};
  bool from_logits = false;

  template <class Self, class F>
  static void visit(Self& self, F&& f) {
    f("gamma", self.gamma);
    f("alpha", self.alpha);
  }
};

/// For class ids, or 0 and 1 with one channel, as keras.losses.Dice: 1 - 2
/// sum(t p) / (sum(t) + sum(p)) over the batch (an axis of None), or the mean
/// of what that is for each class (an axis of all but the last).
struct Dice {
  static constexpr std::string_view kName = "dice";
  bool per_class = false;
  bool from_logits = false;

  template <class Self, class F>
  static void visit(Self& self, F&& f) {
    f("per_class", self.per_class);
  }
};

/// The sum of Dice and of the crossentropy for as many channels. Keras has no
/// sums; in files it is the crossentropy.
struct CrossentropyDice {
  static constexpr std::string_view kName = "crossentropy+dice";
  bool per_class = false;
  bool from_logits = false;

  template <class Self, class F>
  static void visit(Self& self, F&& f) {
    f("per_class", self.per_class);
  }
};

using Loss = std::variant<BinaryCrossentropy, SparseCategoricalCrossentropy,
                          CategoricalCrossentropy, BinaryFocalCrossentropy,
                          CategoricalFocalCrossentropy, Dice, CrossentropyDice>;

/// Keras' name of the loss of a model with so many channels.
std::string_view keras_name(const Loss& loss, std::int64_t channels);
/// What its Keras config has beside the name, from_logits and label smoothing,
/// a JSON object's text.
std::string keras_options(const Loss& loss);
bool from_logits(const Loss& loss);
double label_smoothing(const Loss& loss);
/// Throws Error where the loss is not for so many channels.
void require_channels(const Loss& loss, std::int64_t channels);

/// The loss that a text names, for so many channels: "crossentropy",
/// "focal(gamma=2,alpha=0.25)", "dice", "crossentropy+dice". With several
/// channels Dice is of each class unless told per_class=false, and one alpha a
/// class is written 0.1:0.2:0.7; with one channel an alpha balances. Throws
/// Error for other texts.
Loss loss_from(std::string_view text, std::int64_t channels);

/// Adds the loss of a prediction; returns the scalar's value. Class weights as
/// graph::LossOptions has them, for the crossentropies: Dice alone refuses
/// them. With ranks it is a rank's part, and theirs add up to the loss of the
/// whole batch.
graph::ValueId add_loss(graph::Graph& graph, const Loss& loss,
                        graph::ValueId prediction, graph::ValueId target,
                        std::vector<float> class_weights = {},
                        const std::shared_ptr<Communicator>& ranks = {});

}  // namespace lathe::train
