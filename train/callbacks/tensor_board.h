#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "train/callback.h"
#include "train/tensorboard/event_file.h"

namespace lathe::train {

/// What TensorBoard writes beside the numbers of epochs.
struct TensorBoardOptions {
  /// Steps between two rows of "batch_" numbers; 0 for those of epochs alone.
  std::int64_t update_freq = 0;
  /// Whether steps a second are among them.
  bool write_steps_per_second = false;
  /// What was set, as Markdown; nothing where it is empty.
  std::string text = {};
  /// Called after each epoch: what to show of it, uint8 (H, W, 3).
  std::function<Tensor()> picture = {};
};

/// Writes what TensorBoard shows, under Keras' names: for each epoch, counted
/// from 0, "epoch_loss", "epoch_learning_rate" and the metrics into train, the
/// validation's into validation, there also over the steps as
/// "evaluation_loss_vs_iterations"; for steps, counted from 1, "batch_loss" and
/// the other means of the epoch so far, and "batch_learning_rate", which is
/// ours. A run that begins removes files of its kind in these folders, and one
/// that goes on adds to them.
class TensorBoard : public Callback {
 public:
  /// Writes into train and validation in that folder. Throws Error for options
  /// that make no sense.
  explicit TensorBoard(std::filesystem::path log_dir,
                       TensorBoardOptions options = {});
  void on_train_begin(Trainer& trainer) override;
  void on_step_end(Trainer& trainer, const StepReport& report) override;
  void on_epoch_end(Trainer& trainer, const EpochReport& report) override;

 private:
  void add_picture(std::int64_t epoch);

  std::int64_t steps_timed_ = 0;  // of the epoch under way
  std::filesystem::path log_dir_;
  TensorBoardOptions options_;
  std::optional<EventFile> train_;
  std::optional<EventFile> validation_;  // once there is something
};

}  // namespace lathe::train
