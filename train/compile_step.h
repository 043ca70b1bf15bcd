#pragma once

#include <functional>
#include <memory>

#include "core/compiler/executable.h"
#include "models/model.h"
#include "train/optimizer_state.h"
#include "train/trainer_options.h"

namespace lathe::train {

/// What goes into an executable that predicts and measures a batch and, with an
/// optimizer, learns from it.
struct StepParts {
  const models::Model& model;
  const TrainerOptions& options;
  std::int64_t batch_size = 1;
  /// Null for evaluation.
  const OptimizerState* optimizer = nullptr;
  /// int64 (1): batches that the moving statistics have seen.
  Tensor statistics_count;
  std::shared_ptr<Arena> arena;
  /// Bytes of a GPU's memory that batches of that size need on their way in.
  std::function<std::size_t(std::int64_t)> input_bytes;
};

/// Inputs: the images, under the name of the model's input; "target", as
/// step_target says; "draw" where a layer draws. Outputs: "loss"; "confusion"
/// (graph::ConfusionMatrix) for class maps, or for labels "predicted" (int32, a
/// class each row) and, where targets are distributions, "truth"; "top_5"
/// (graph::TopK) where that metric is asked for.
std::unique_ptr<Executable> compile_step(const StepParts& parts);

/// Bytes of a GPU's memory that a training step and the inference that goes
/// with it need, beside what is there already: the plan of their arena, weights
/// and states, inputs on their way in, and so much workspace. Nothing is
/// allocated.
std::size_t step_bytes(StepParts parts, std::size_t workspace_bytes);

/// The largest batch size up to `parts.batch_size` for which step_bytes() says
/// at most `bytes`; 0 where there is none.
std::int64_t largest_batch(StepParts parts, std::size_t bytes,
                           std::size_t workspace_bytes);

/// A step's targets for predictions of this shape: int32 (N, 1) for one
/// prediction an image, uint8 (N, H, W, 1) for one a pixel; float32 as the
/// predictions where the loss takes distributions and there is training.
TensorSpec step_target(const Shape& prediction, const Loss& loss,
                       bool training);

}  // namespace lathe::train
