#include "train/loss.h"

namespace lathe::train {

std::string_view keras_name(const Loss& loss) {
  return std::visit([](const auto& l) { return l.kKerasName; }, loss);
}

bool from_logits(const Loss& loss) {
  return std::visit([](const auto& l) { return l.from_logits; }, loss);
}

double label_smoothing(const Loss& loss) {
  return std::visit([](const auto& l) { return l.label_smoothing; }, loss);
}

graph::ValueId add_loss(graph::Graph& graph, const Loss& loss,
                        graph::ValueId prediction, graph::ValueId target,
                        std::vector<float> class_weights) {
  graph::LossOptions options{.from_logits = from_logits(loss),
                             .label_smoothing = label_smoothing(loss),
                             .class_weights = std::move(class_weights)};
  if (std::holds_alternative<BinaryCrossentropy>(loss)) {
    return graph.apply(graph::BinaryCrossentropy{std::move(options)},
                       {prediction, target}, "loss");
  }
  return graph.apply(graph::CategoricalCrossentropy{std::move(options)},
                     {prediction, target}, "loss");
}

}  // namespace lathe::train
