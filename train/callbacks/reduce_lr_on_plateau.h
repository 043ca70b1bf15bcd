#pragma once

#include "train/callbacks/monitor.h"

namespace lathe::train {

struct ReduceLROnPlateauOptions {
  /// As EarlyStopping's.
  std::string monitor = "val_loss";
  std::string mode = "auto";
  double min_delta = 1e-4;
  /// Epochs in a row without a better value after which the learning rate is
  /// multiplied with `factor`, but not below min_lr.
  std::int64_t patience = 10;
  double factor = 0.1;
  double min_lr = 0;
  /// Epochs after that in which nothing is counted.
  std::int64_t cooldown = 0;
};

/// Lowers the learning rate (that which a schedule multiplies) when a number no
/// longer gets better, as keras.callbacks.ReduceLROnPlateau. A resumed run
/// counts the epochs it already had.
class ReduceLROnPlateau : public Callback {
 public:
  /// Throws Error unless the factor is in (0, 1).
  explicit ReduceLROnPlateau(ReduceLROnPlateauOptions options);

  void on_train_begin(Trainer& trainer) override;
  void on_epoch_end(Trainer& trainer, const EpochReport& report) override;

 private:
  /// The learning rate after an epoch that had `rate`.
  double after(double rate, const Logs& logs);

  ReduceLROnPlateauOptions options_;
  Monitor monitor_;
  std::int64_t waited_ = 0;
  std::int64_t cooling_ = 0;
};

}  // namespace lathe::train
