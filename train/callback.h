#pragma once

#include <concepts>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/tensor.h"

namespace lathe::train {

class Trainer;

/// Named numbers in the order in which they are shown: loss first.
using Logs = std::vector<std::pair<std::string, double>>;

/// The entry of that name; throws Error listing the names there are.
double log_value(const Logs& logs, std::string_view name);

/// What is known after a training step.
struct StepReport {
  std::int64_t step = 0;           ///< since the start of training, from 1
  std::int64_t epoch = 0;          ///< from 1
  std::int64_t step_of_epoch = 0;  ///< from 1
  std::int64_t steps_per_epoch = 0;
  double loss = 0;          ///< of this step's batch
  double milliseconds = 0;  ///< the whole step, waiting included
  double waiting_milliseconds = 0;
  double augmentation_milliseconds = 0;
  double learning_rate = 0;  ///< with the schedule
  Logs logs;  ///< the mean loss and the metrics of the epoch so far
};

/// What is known after an epoch.
struct EpochReport {
  std::int64_t epoch = 0;  ///< from 1
  std::int64_t epochs = 0;
  std::int64_t steps = 0;
  double seconds = 0;             ///< the validation's included
  double validation_seconds = 0;  ///< of these
  Logs logs;  ///< loss and metrics, then val_loss and val_ metrics
};

/// Called by Trainer::fit. Whatever a callback throws ends the training.
class Callback {
 public:
  virtual ~Callback() = default;
  virtual void on_train_begin(Trainer&) {}
  virtual void on_epoch_begin(Trainer&, std::int64_t /*epoch*/,
                              std::int64_t /*epochs*/, std::int64_t /*steps*/) {
  }
  virtual void on_step_end(Trainer&, const StepReport&) {}
  virtual void on_epoch_end(Trainer&, const EpochReport&) {}
  virtual void on_train_end(Trainer&) {}
};

/// Holds any callback, so that a list of them can be written down:
/// {ModelCheckpoint{...}, CSVLogger{...}}. Copies share it.
class AnyCallback {
 public:
  template <class C>
  requires std::derived_from<C, Callback> AnyCallback(C callback)
      : callback_(std::make_shared<C>(std::move(callback))) {}
  template <class C>
  requires std::derived_from<C, Callback> AnyCallback(
      std::shared_ptr<C> callback)
      : callback_(std::move(callback)) {}

  Callback* operator->() const { return callback_.get(); }

 private:
  std::shared_ptr<Callback> callback_;
};

}  // namespace lathe::train
