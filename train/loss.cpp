#include "train/loss.h"

namespace lathe::train {

std::string_view keras_name(const Loss& loss) {
  return std::visit([](const auto& l) { return l.kKerasName; }, loss);
}

bool from_logits(const Loss& loss) {
  return std::visit([](const auto& l) { return l.from_logits; }, loss);
}

graph::ValueId add_loss(graph::Graph& graph, const Loss& loss,
                        graph::ValueId prediction, graph::ValueId target) {
  graph::Operation operation = graph::BinaryCrossentropy{};
  if (const auto* binary = std::get_if<BinaryCrossentropy>(&loss)) {
    operation = graph::BinaryCrossentropy{.from_logits = binary->from_logits};
  } else {
    operation = graph::SparseCategoricalCrossentropy{
        .from_logits =
            std::get<SparseCategoricalCrossentropy>(loss).from_logits};
  }
  return graph.apply(operation, {prediction, target}, "loss");
}

}  // namespace lathe::train
