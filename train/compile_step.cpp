#include "train/compile_step.h"

#include <algorithm>

#include "core/graph/gradient.h"
#include "core/graph/passes/passes.h"

namespace lathe::train {
namespace {

using graph::Graph;
using graph::ValueId;

bool asks_for(const TrainerOptions& options, std::string_view metric) {
  return std::find(options.metrics.begin(), options.metrics.end(), metric) !=
         options.metrics.end();
}

// Adds what is counted. A pair for each label, because a matrix of a thousand
// classes costs more than the rest of many a step.
void add_metrics(Graph& graph, const TrainerOptions& options,
                 ValueId prediction, ValueId target) {
  const double threshold = from_logits(options.loss) ? 0.0 : 0.5;
  const Shape& shape = graph.shape(prediction);
  ValueId ids = target;
  if (graph.value(target).spec.dtype == DType::float32) {
    ids = graph.apply(graph::PredictedClass{.ignore_zeros = true}, {target},
                      "truth");
    graph.mark_output("truth", ids);
  }
  if (shape.rank() == 2) {
    graph.mark_output("predicted",
                      graph.apply(graph::PredictedClass{.threshold = threshold},
                                  {prediction}, "predicted"));
  } else {
    const std::int64_t classes = std::max<std::int64_t>(shape.back(), 2);
    graph.mark_output(
        "confusion", graph.apply(graph::ConfusionMatrix{.classes = classes,
                                                        .threshold = threshold},
                                 {prediction, ids}, "confusion"));
  }
  if (asks_for(options, "top_5_accuracy")) {
    graph.mark_output(
        "top_5", graph.apply(graph::TopK{.k = 5}, {prediction, ids}, "top_5"));
  }
}

}  // namespace

TensorSpec step_target(const Shape& prediction, const Loss& loss,
                       bool training) {
  if (training && std::holds_alternative<CategoricalCrossentropy>(loss)) {
    return {prediction, DType::float32};
  }
  Shape shape = prediction;
  shape[shape.rank() - 1] = 1;
  return {shape, prediction.rank() == 2 ? DType::int32 : DType::uint8};
}

namespace {

struct LoweredStep {
  Graph graph;
  Executable::Bindings bindings;
};

LoweredStep lower_step(const StepParts& parts) {
  const TrainerOptions& options = parts.options;
  const bool training = parts.optimizer != nullptr;
  models::LoweredModel lowered = parts.model.lower(
      {.batch = parts.batch_size,
       .training = training,
       .statistics_warm_up = options.statistics_warm_up,
       .ranks = options.ranks,
       .synchronized_statistics = options.synchronized_statistics});
  Graph& graph = lowered.graph;
  Executable::Bindings bindings = std::move(lowered.bindings);
  const ValueId prediction = lowered.outputs.at(0);
  const ValueId target = graph.add_input(
      "target", step_target(graph.shape(prediction), options.loss, training));
  const ValueId loss = add_loss(
      graph, options.loss, prediction, target,
      training ? options.class_weights : std::vector<float>{}, options.ranks);
  graph.mark_output("loss", loss);
  add_metrics(graph, options, prediction, target);
  graph::run_passes(graph, graph::forward_passes(options.device),
                    options.disabled_passes);
  if (lowered.statistics_count != graph::kNoValue) {
    bindings[lowered.statistics_count] = parts.statistics_count;
  }
  std::vector<ValueId> gradients;
  if (training) {
    gradients = graph::differentiate(graph, loss, lowered.trainable);
  }
  if (options.ranks) {
    std::vector<ValueId> summed = gradients;
    summed.push_back(loss);
    graph::all_reduce(graph, summed, options.ranks);
  }
  if (training) {
    parts.optimizer->add_update(graph, bindings, lowered.trainable, gradients);
  }
  return {.graph = std::move(graph), .bindings = std::move(bindings)};
}

CompileOptions compile_options(const StepParts& parts) {
  return {.device = parts.options.device,
          .precision = parts.options.precision,
          .disabled_passes = parts.options.disabled_passes,
          .low_memory = parts.options.low_memory,
          .arena = parts.arena,
          .capture = parts.options.capture};
}

// What a step needs beside its workspace.
std::size_t bytes_of(const StepParts& parts) {
  LoweredStep step = lower_step(parts);
  std::size_t bytes = 0;
  for (const auto& [id, tensor] : step.bindings) {
    if (!tensor.is_on_device()) bytes += tensor.bytes();
  }
  return bytes + planned_bytes(std::move(step.graph), compile_options(parts));
}

}  // namespace

std::unique_ptr<Executable> compile_step(const StepParts& parts) {
  LoweredStep step = lower_step(parts);
  return std::make_unique<Executable>(
      std::move(step.graph), std::move(step.bindings), compile_options(parts));
}

std::size_t step_bytes(StepParts parts, std::size_t workspace_bytes) {
  const std::size_t training = bytes_of(parts);
  const std::size_t inputs = parts.input_bytes(parts.batch_size);
  parts.optimizer = nullptr;
  return std::max(training, bytes_of(parts)) + inputs + workspace_bytes;
}

std::int64_t largest_batch(StepParts parts, std::size_t bytes,
                           std::size_t workspace_bytes) {
  std::int64_t fits = 0;
  std::int64_t too_large = parts.batch_size + 1;
  while (too_large - fits > 1) {
    parts.batch_size = (fits + too_large) / 2;
    (step_bytes(parts, workspace_bytes) <= bytes ? fits : too_large) =
        parts.batch_size;
  }
  return fits;
}

}  // namespace lathe::train
