#include "train/loss.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/options.h"

namespace lathe::train {
namespace {

using graph::Graph;
using graph::ValueId;
using Weights = std::vector<float>;

// The products of weights a class; none are ones.
Weights times(const Weights& a, const std::vector<double>& b) {
  if (!a.empty() && a.size() != b.size()) {
    fail("loss: ", a.size(), " class weights for ", b.size(), " classes");
  }
  Weights result;
  for (std::size_t c = 0; c < b.size(); ++c) {
    result.push_back(static_cast<float>(a.empty() ? b[c] : a[c] * b[c]));
  }
  return result;
}

class Builder {
 public:
  Builder(Graph& graph, ValueId prediction, ValueId target, Weights weights,
          std::shared_ptr<Communicator> ranks)
      : graph_(graph),
        prediction_(prediction),
        target_(target),
        weights_(std::move(weights)),
        ranks_(std::move(ranks)),
        channels_(graph.shape(prediction).back()) {}

  ValueId add(const BinaryCrossentropy& loss) {
    return binary({.from_logits = loss.from_logits,
                   .label_smoothing = loss.label_smoothing,
                   .class_weights = weights_});
  }
  ValueId add(const SparseCategoricalCrossentropy& loss) {
    return categorical({.from_logits = loss.from_logits,
                        .label_smoothing = loss.label_smoothing,
                        .class_weights = weights_});
  }
  ValueId add(const CategoricalCrossentropy& loss) {
    return categorical({.from_logits = loss.from_logits,
                        .label_smoothing = loss.label_smoothing,
                        .class_weights = weights_});
  }
  ValueId add(const BinaryFocalCrossentropy& loss) {
    return binary(
        {.from_logits = loss.from_logits,
         .class_weights = loss.apply_class_balancing
                              ? times(weights_, {1 - loss.alpha, loss.alpha})
                              : weights_,
         .gamma = loss.gamma});
  }
  ValueId add(const CategoricalFocalCrossentropy& loss) {
    const auto classes = static_cast<std::size_t>(channels_);
    std::vector<double> alpha = loss.alpha;
    if (alpha.size() == 1) alpha.resize(classes, alpha[0]);
    if (alpha.size() != classes) {
      fail("loss focal: ", alpha.size(), " values of alpha for ", classes,
           " classes; one, or one a class, would be right");
    }
    return categorical({.from_logits = loss.from_logits,
                        .class_weights = times(weights_, alpha),
                        .gamma = loss.gamma});
  }
  ValueId add(const Dice& loss) {
    if (!weights_.empty()) {
      fail(
          "loss dice: takes no class weights, for it is no sum over pixels; "
          "with per_class all classes count the same");
    }
    return dice(loss.per_class, loss.from_logits);
  }
  ValueId add(const CrossentropyDice& loss) {
    const graph::LossOptions options{.from_logits = loss.from_logits,
                                     .class_weights = weights_};
    const ValueId mean =
        channels_ == 1 ? binary(options) : categorical(options);
    return graph_.apply(graph::Add{},
                        {mean, dice(loss.per_class, loss.from_logits)}, "loss");
  }

 private:
  ValueId binary(graph::LossOptions options) {
    return part_of_mean(
        graph_.apply(graph::BinaryCrossentropy{std::move(options)},
                     {prediction_, target_}, "loss"));
  }
  ValueId categorical(graph::LossOptions options) {
    return part_of_mean(
        graph_.apply(graph::CategoricalCrossentropy{std::move(options)},
                     {prediction_, target_}, "loss"));
  }

  // A rank's part of the mean over the whole batch.
  ValueId part_of_mean(ValueId loss) {
    if (!ranks_) return loss;
    const ValueId share =
        graph_.apply(graph::TargetShare{ranks_}, {target_}, "target_share");
    return graph_.apply(graph::Multiply{}, {loss, share}, "loss_part");
  }

  ValueId dice(bool per_class, bool from_logits) {
    ValueId p = prediction_;
    if (from_logits && channels_ == 1) {
      p = graph_.apply(
          graph::Activation{.kind = graph::ActivationKind::sigmoid}, {p},
          "probabilities");
    } else if (from_logits) {
      p = graph_.apply(graph::Softmax{}, {p}, "probabilities");
    }
    const ValueId loss =
        graph_.apply(graph::Dice{.per_class = per_class, .ranks = ranks_},
                     {p, target_}, "dice");
    if (!ranks_) return loss;
    // Each has the loss of all.
    return graph_.apply(graph::Affine{.scale = 1.0 / ranks_->size()}, {loss},
                        "dice_part");
  }

  Graph& graph_;
  ValueId prediction_;
  ValueId target_;
  Weights weights_;
  std::shared_ptr<Communicator> ranks_;
  std::int64_t channels_;
};

}  // namespace

std::string_view keras_name(const Loss& loss, std::int64_t channels) {
  static constexpr std::string_view kNames[] = {
      "binary_crossentropy",
      "sparse_categorical_crossentropy",
      "categorical_crossentropy",
      "binary_focal_crossentropy",
      "categorical_focal_crossentropy",
      "dice"};
  if (std::holds_alternative<CrossentropyDice>(loss)) {
    return kNames[channels == 1 ? 0 : 1];
  }
  return kNames[loss.index()];
}

std::string keras_options(const Loss& loss) {
  nlohmann::json options = nlohmann::json::object();
  if (const auto* binary = std::get_if<BinaryFocalCrossentropy>(&loss)) {
    options = {{"apply_class_balancing", binary->apply_class_balancing},
               {"alpha", binary->alpha},
               {"gamma", binary->gamma}};
  } else if (const auto* focal =
                 std::get_if<CategoricalFocalCrossentropy>(&loss)) {
    options["gamma"] = focal->gamma;
    if (focal->alpha.size() == 1) {
      options["alpha"] = focal->alpha[0];
    } else {
      options["alpha"] = focal->alpha;
    }
  } else if (const auto* dice = std::get_if<Dice>(&loss)) {
    options["axis"] = nullptr;
    if (dice->per_class) options["axis"] = {0, 1, 2};
  }
  return options.dump();
}

bool from_logits(const Loss& loss) {
  return std::visit([](const auto& l) { return l.from_logits; }, loss);
}

double label_smoothing(const Loss& loss) {
  return std::visit(
      [](const auto& l) {
        if constexpr (requires { l.label_smoothing; }) return l.label_smoothing;
        return 0.0;
      },
      loss);
}

void require_channels(const Loss& loss, std::int64_t channels) {
  if (std::holds_alternative<Dice>(loss) ||
      std::holds_alternative<CrossentropyDice>(loss)) {
    return;
  }
  const bool binary = std::holds_alternative<BinaryCrossentropy>(loss) ||
                      std::holds_alternative<BinaryFocalCrossentropy>(loss);
  if (binary && channels != 1) {
    fail("trainer: ", keras_name(loss, 1),
         " is for one channel and the model has ", channels,
         "; use SparseCategoricalCrossentropy");
  }
  if (!binary && channels == 1) {
    fail("trainer: ", keras_name(loss, channels),
         " is for a channel a class and the model has one; use "
         "BinaryCrossentropy");
  }
}

Loss loss_from(std::string_view text, std::int64_t channels) {
  const auto as_loss = [](const auto& found) {
    return std::visit([](const auto& l) { return Loss(l); }, found);
  };
  const NamedOptions named = parse_named_options("loss", text);
  const auto is_given = [&](std::string_view option) {
    return named.options.contains(option);
  };
  if (channels == 1) {
    using Binary = std::variant<BinaryCrossentropy, BinaryFocalCrossentropy,
                                Dice, CrossentropyDice>;
    Loss loss = as_loss(from_text<Binary>("loss", text));
    if (auto* focal = std::get_if<BinaryFocalCrossentropy>(&loss)) {
      if (is_given("alpha") && !is_given("apply_class_balancing")) {
        focal->apply_class_balancing = true;
      }
    }
    return loss;
  }
  using Categorical =
      std::variant<SparseCategoricalCrossentropy, CategoricalFocalCrossentropy,
                   Dice, CrossentropyDice>;
  Loss loss = as_loss(from_text<Categorical>("loss", text));
  std::visit(
      [&](auto& l) {
        if constexpr (requires { l.per_class; }) {
          if (named.options.empty()) l.per_class = true;
        }
      },
      loss);
  return loss;
}

ValueId add_loss(Graph& graph, const Loss& loss, ValueId prediction,
                 ValueId target, std::vector<float> class_weights,
                 const std::shared_ptr<Communicator>& ranks) {
  Builder builder(graph, prediction, target, std::move(class_weights), ranks);
  return std::visit([&](const auto& l) { return builder.add(l); }, loss);
}

}  // namespace lathe::train
