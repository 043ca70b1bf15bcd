#include "train/callbacks/reduce_lr_on_plateau.h"

#include <algorithm>

#include "core/error.h"
#include "train/trainer.h"

namespace lathe::train {
namespace {

Monitor monitor_of(const ReduceLROnPlateauOptions& options) {
  return {"reduce on plateau", options.monitor, options.mode,
          options.min_delta};
}

}  // namespace

ReduceLROnPlateau::ReduceLROnPlateau(ReduceLROnPlateauOptions options)
    : options_(std::move(options)), monitor_(monitor_of(options_)) {
  if (!(options_.factor > 0 && options_.factor < 1)) {
    fail("reduce on plateau: the factor is ", options_.factor,
         "; it must be above 0 and below 1");
  }
}

double ReduceLROnPlateau::after(double rate, const Logs& logs) {
  if (cooling_ > 0) {
    --cooling_;
    waited_ = 0;
  }
  if (monitor_.improves(logs)) {
    waited_ = 0;
    return rate;
  }
  if (cooling_ > 0 || ++waited_ < options_.patience ||
      rate <= options_.min_lr) {
    return rate;
  }
  cooling_ = options_.cooldown;
  waited_ = 0;
  return std::max(rate * options_.factor, options_.min_lr);
}

void ReduceLROnPlateau::on_train_begin(Trainer& trainer) {
  monitor_ = monitor_of(options_);
  waited_ = 0;
  cooling_ = 0;
  // What it did is in the trainer's rate already.
  double rate = learning_rate(trainer.options().optimizer);
  for (const Logs& logs : trainer.position().history) rate = after(rate, logs);
}

void ReduceLROnPlateau::on_epoch_end(Trainer& trainer,
                                     const EpochReport& report) {
  trainer.set_learning_rate(after(trainer.learning_rate(), report.logs));
}

}  // namespace lathe::train
