#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/compiler/executable.h"
#include "models/model.h"
#include "train/callback.h"
#include "train/data/batch.h"
#include "train/data/loader.h"
#include "train/image_conversion.h"
#include "train/metrics.h"
#include "train/optimizer_state.h"
#include "train/ranks.h"
#include "train/step_result.h"
#include "train/step_times.h"
#include "train/trainer_options.h"
#include "train/training_position.h"

namespace lathe::train {

struct FitOptions {
  std::int64_t epochs = 1;
  /// Evaluated after each epoch.
  const Dataset* validation = nullptr;
  std::vector<AnyCallback> callbacks;
  LoaderOptions loader;
  /// Set by somebody else (a signal handler) to end after the step under way.
  const std::atomic<bool>* stop = nullptr;
};

/// Loss and metrics over a data set.
struct Evaluation {
  double loss = 0;
  ConfusionCounts confusion;
};

/// Trains a model: compiles forward pass, loss, gradients and update into one
/// executable and runs it batch after batch. Derive and override train_step to
/// do something else with a batch, as ExtendedModel does.
///
/// A model whose output is (N, C) learns from labels, int32 (N, 1), one whose
/// output is (N, H, W, C) from class maps, uint8 (N, H, W, 1).
class Trainer {
 public:
  /// Throws Error where options and model don't fit.
  Trainer(models::Model model, TrainerOptions options);
  virtual ~Trainer();
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  /// One update of the weights. images: uint8, taken as 0 to 1 (or as 0 to 255
  /// where the model begins with its own rescaling), or float32 as the model
  /// wants it. Throws Error where the loss is not finite; the weights are then
  /// those after the update. A GPU goes on while fit() has not looked at the
  /// losses of the last steps, and fit() throws then.
  virtual StepResult train_step(Batch& batch);

  /// Trains up to `epochs` epochs in all, those of a restored run included, or
  /// until a callback stops it. Returns false where options.stop did.
  bool fit(const Dataset& data, FitOptions options);
  /// For callbacks: ends fit() after the epoch under way.
  void stop_training() { stop_training_ = true; }

  /// Without augmentation and dropout; with the weights' averages where the
  /// optimizer keeps them (use_ema).
  Evaluation evaluate(const Dataset& data, const LoaderOptions& loader);

  /// Writes model, optimizer and position: what resume() needs to go on as if
  /// nothing had happened.
  void save(const std::filesystem::path& path) const;
  /// Takes weights, which layers are trainable, optimizer state and position
  /// from such a file. Throws Error naming the file where it is no such file,
  /// its run drew from another seed, or it had another optimizer. Where Keras
  /// wrote the file, epochs begin anew from its weights and optimizer state.
  void resume(const std::filesystem::path& path);
  /// Takes only the weights, from any .keras file of the same layers.
  void load_weights(const std::filesystem::path& path);
  /// Tells the trainer that the model's weights are good already: its moving
  /// statistics then no longer correct for their start.
  void keep_statistics();

  models::Model& model() { return model_; }
  const TrainerOptions& options() const { return options_; }
  const Position& position() const { return position_; }

  /// The rate that the schedule multiplies. Callbacks may change it; it is kept
  /// in checkpoints.
  double learning_rate() const { return position_.learning_rate; }
  void set_learning_rate(double rate) { position_.learning_rate = rate; }
  /// That of the last step, with the schedule.
  double current_learning_rate() const { return optimizer_.learning_rate(); }

  /// Where the optimizer keeps moving averages of the weights, puts these into
  /// the model, or the weights that are trained. Training, evaluation and the
  /// end of an epoch call it as they need it.
  void use_averages(bool averages);

  /// Compiles for batches (parts of them, where there are other ranks) of so
  /// many rows, if not done yet: the training step and the inference that
  /// evaluate() uses.
  void compile(std::int64_t batch_size);
  /// To be called where layers were made trainable or frozen: what the
  /// optimizer keeps of weights that stay trained stays, and new ones begin as
  /// after Keras' compile(), with zeros and Adam's correction for them, while
  /// the count of iterations, and with it the schedule, goes on.
  void recompile();
  /// The compiled step, for its summary and its cost; null before compile().
  const Executable* step() const { return step_.get(); }
  /// Times each node of the next so many steps, whose results stay the same to
  /// the bit; a GPU is given their kernels one by one and waited for. Forgets
  /// what was measured before.
  void measure_steps(std::int64_t count);
  const std::vector<StepTimes>& measured_steps() const { return measured_; }
  /// Where a step's float32 images go; what is written there need not be
  /// copied by train_step.
  Tensor image_buffer(std::int64_t batch_size);
  /// The same for targets of that type and shape; empty where the step takes
  /// them in others.
  Tensor target_buffer(const TensorSpec& targets);
  /// What uint8 images are multiplied with on their way to float32.
  float image_scale() const { return image_scale_; }

 protected:
  /// As many of a batch's tensors lie in a GPU's memory at once: each batch of
  /// the loader has its place, and two more to arrive in.
  static inline const std::size_t kBatchPlaces =
      3 * static_cast<std::size_t>(LoaderOptions{}.prefetch + 1);
  /// Bytes of a GPU's memory that train_step() needs for batches of that size
  /// on their way into the compiled step.
  virtual std::size_t input_bytes(std::int64_t batch_size);
  /// Of the step under way, for the reports; what train_step does before it
  /// calls this class's is noted by whoever overrides it.
  StepTimes times_;

 private:
  // In fit.cpp.
  bool run_epoch(const Dataset& data, const FitOptions& options);
  bool run_steps(const Dataset& data, const FitOptions& options);
  struct Pending;
  // Whether to stop.
  bool report(const Pending& step, const FitOptions& options);
  Logs logs(double loss, const ConfusionCounts& confusion,
            std::string_view prefix) const;

  void fill(Executable& executable, const Batch& batch);
  // Runs the step with its nodes timed.
  void measure(Clock::time_point start);
  models::Model model_;
  TrainerOptions options_;
  Position position_;
  float image_scale_ = 1;
  std::int64_t classes_ = 2;
  OptimizerState optimizer_;
  bool averages_in_model_ = false;
  Tensor statistics_count_;
  ConfusionCounts confusion_;  // of the epoch under way
  CountsOfRanks counts_of_ranks_;
  std::int64_t steps_of_run_ = 0;
  bool stop_training_ = false;
  std::int64_t batch_size_ = 0;
  std::string input_name_;
  std::shared_ptr<Arena> arena_;
  std::unique_ptr<Executable> step_;
  std::unique_ptr<Executable> inference_;
  ImageConversion conversion_;
  StepResults results_;
  std::int64_t steps_to_measure_ = 0;
  std::vector<StepTimes> measured_;
};

}  // namespace lathe::train
