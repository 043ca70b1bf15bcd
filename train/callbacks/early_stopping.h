#pragma once

#include <vector>

#include "train/callbacks/monitor.h"

namespace lathe::train {

struct EarlyStoppingOptions {
  /// The number watched, by its name in the logs, and what is better: "min",
  /// "max", or "auto" (Monitor).
  std::string monitor = "val_loss";
  std::string mode = "auto";
  /// What counts as better must be so by more than this.
  double min_delta = 0;
  /// Epochs in a row without a better value after which training ends.
  std::int64_t patience = 0;
  /// Puts the weights of the best epoch into the model when training ends.
  bool restore_best_weights = false;
};

/// Ends training when a number no longer gets better, as
/// keras.callbacks.EarlyStopping. A resumed run counts the epochs it already
/// had; the weights of those are not in its file, so that only later epochs'
/// can be restored. A run that was interrupted keeps its weights.
class EarlyStopping : public Callback {
 public:
  explicit EarlyStopping(EarlyStoppingOptions options);

  void on_train_begin(Trainer& trainer) override;
  void on_epoch_end(Trainer& trainer, const EpochReport& report) override;
  void on_train_end(Trainer& trainer) override;

  /// The best epoch, from 1; 0 before there is one.
  std::int64_t best_epoch() const { return best_epoch_; }

 private:
  /// Returns whether the epoch is the best so far.
  bool see(std::int64_t epoch, const Logs& logs);
  bool has_waited(std::int64_t epoch) const;

  EarlyStoppingOptions options_;
  Monitor monitor_;
  std::int64_t waited_ = 0;
  std::int64_t best_epoch_ = 0;
  std::vector<Tensor> best_weights_;
};

}  // namespace lathe::train
