#pragma once

#include "train/callback.h"

namespace lathe::train {

struct FineTuneOptions {
  /// Before this epoch (from 1) all layers become trainable.
  std::int64_t epoch = 1;
  /// The learning rate is multiplied with this from then on: what was frozen
  /// is good already, and large steps would undo it.
  double learning_rate_factor = 0.1;
  /// Whether batch normalisations that were frozen become trainable as well.
  /// They predict with the statistics of the data they were trained on until
  /// then; few samples of other data make poor ones.
  bool batch_normalization = false;
};

/// Trains a frozen backbone with the rest of its model after some epochs, as
/// Keras' guide to transfer learning does. The weights that were trained before
/// keep what the optimizer knows of them (Trainer::recompile). A resumed run
/// does it once, too.
class FineTune : public Callback {
 public:
  /// Throws Error unless the factor is above 0.
  explicit FineTune(FineTuneOptions options);

  void on_epoch_begin(Trainer& trainer, std::int64_t epoch, std::int64_t epochs,
                      std::int64_t steps) override;

 private:
  FineTuneOptions options_;
};

}  // namespace lathe::train
