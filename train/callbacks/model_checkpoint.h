#pragma once

#include <filesystem>
#include <string>

#include "train/callbacks/monitor.h"

namespace lathe::train {

struct ModelCheckpointOptions {
  /// The number watched, by its name in the logs.
  std::string monitor = "loss";
  /// "min" or "max": which is better; or "auto" (Monitor).
  std::string mode = "min";
  bool save_best_only = false;
};

/// Saves the model after every epoch, or after those that are the best so far,
/// under a name like "model.{epoch:02d}-{loss:.3f}.keras", whose parts in
/// braces are filled in from the epoch and the logs as Keras does.
class ModelCheckpoint : public Callback {
 public:
  ModelCheckpoint(std::filesystem::path pattern,
                  ModelCheckpointOptions options);

  /// A run that goes on looks for the best among the epochs it already had.
  void on_train_begin(Trainer& trainer) override;
  void on_epoch_end(Trainer& trainer, const EpochReport& report) override;

  /// The newest file written, empty before there is one.
  const std::filesystem::path& last_saved() const { return last_saved_; }

 private:
  std::filesystem::path pattern_;
  ModelCheckpointOptions options_;
  Monitor monitor_;
  std::filesystem::path last_saved_;
};

/// The pattern with its parts filled in: {epoch}, {epoch:02d}, {loss:.3f}, ...
/// Throws Error for a part that is not in the logs or a format that is neither
/// an integer's nor a fixed or general number's.
std::string fill_in(const std::string& pattern, std::int64_t epoch,
                    const Logs& logs);

}  // namespace lathe::train
