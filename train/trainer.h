#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/compiler/executable.h"
#include "models/model.h"
#include "train/callback.h"
#include "train/data/batch.h"
#include "train/data/loader.h"
#include "train/loss.h"
#include "train/metrics.h"
#include "train/optimizer.h"
#include "train/training_position.h"

namespace lathe::train {

struct TrainerOptions {
  Optimizer optimizer = Adam{};
  Loss loss = BinaryCrossentropy{};
  /// Of accuracy, iou, mean_iou, dice.
  std::vector<std::string> metrics = {"accuracy"};
  Device device = Device::cpu;
  /// Initial weights aside (Model::initialize), everything drawn in training.
  std::uint64_t seed = 0;
  /// How fast the moving statistics of batch normalisations forget their
  /// start: MovingStatistics::warm_up. A negative number is exactly Keras,
  /// whose models predict badly for their first hundreds of steps.
  double statistics_warm_up = 9;
  /// Graph passes not to run, by name.
  std::vector<std::string> disabled_passes;
};

/// The result of one step on one batch.
struct StepResult {
  double loss = 0;
  ConfusionCounts confusion;
};

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
class Trainer {
 public:
  Trainer(models::Model model, TrainerOptions options);
  virtual ~Trainer();
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  /// One update of the weights. images: uint8, taken as 0 to 1 (or as 0 to 255
  /// where the model begins with its own rescaling), or float32 as the model
  /// wants it. Throws Error where the loss is not finite; the weights are then
  /// those after the update.
  virtual StepResult train_step(Batch& batch);

  /// Trains up to `epochs` epochs in all, those of a restored run included.
  /// Returns false where it was stopped before.
  bool fit(const Dataset& data, FitOptions options);

  Evaluation evaluate(const Dataset& data, const LoaderOptions& loader);

  /// Writes model, optimizer and position: what resume() needs to go on as if
  /// nothing had happened.
  void save(const std::filesystem::path& path) const;
  /// Takes weights, optimizer state and position from such a file. Throws Error
  /// naming the file where it is no such file, or its run drew from another
  /// seed.
  void resume(const std::filesystem::path& path);
  /// Takes only the weights, from any .keras file of the same layers.
  void load_weights(const std::filesystem::path& path);

  models::Model& model() { return model_; }
  const TrainerOptions& options() const { return options_; }
  const Position& position() const { return position_; }

  /// Compiles for this batch size, if not done yet: the training step and the
  /// inference that evaluate() uses.
  void compile(std::int64_t batch_size);
  /// The compiled step, for its summary and its cost; null before compile().
  const Executable* step() const { return step_.get(); }
  /// Where a step's float32 images go; what is written there need not be
  /// copied by train_step.
  Tensor image_buffer(std::int64_t batch_size);
  /// What uint8 images are multiplied with on their way to float32.
  float image_scale() const { return image_scale_; }

 protected:
  /// Milliseconds that train_step spent on augmentation, for the reports.
  double augmentation_milliseconds_ = 0;

 private:
  bool run_epoch(const Dataset& data, const FitOptions& options);
  void fill(const Executable& executable, const Batch& batch) const;
  Logs logs(double loss, const ConfusionCounts& confusion,
            std::string_view prefix) const;

  models::Model model_;
  TrainerOptions options_;
  Position position_;
  float image_scale_ = 1;
  std::int64_t classes_ = 2;
  // Optimizer and statistics, in the model's order of trainable weights.
  Tensor iteration_;
  Tensor learning_rate_;
  Tensor statistics_count_;
  std::vector<std::vector<Tensor>> slots_;
  std::int64_t batch_size_ = 0;
  std::string input_name_;
  std::shared_ptr<Arena> arena_;
  std::unique_ptr<Executable> step_;
  std::unique_ptr<Executable> inference_;
};

}  // namespace lathe::train
