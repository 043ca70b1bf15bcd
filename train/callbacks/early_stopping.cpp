#include "train/callbacks/early_stopping.h"

#include "train/trainer.h"

namespace lathe::train {
namespace {

Monitor monitor_of(const EarlyStoppingOptions& options) {
  return {"early stopping", options.monitor, options.mode, options.min_delta};
}

}  // namespace

EarlyStopping::EarlyStopping(EarlyStoppingOptions options)
    : options_(std::move(options)), monitor_(monitor_of(options_)) {}

bool EarlyStopping::see(std::int64_t epoch, const Logs& logs) {
  const bool better = monitor_.improves(logs);
  waited_ = better ? 0 : waited_ + 1;
  if (better) best_epoch_ = epoch;
  return better;
}

bool EarlyStopping::has_waited(std::int64_t epoch) const {
  return waited_ > 0 && waited_ >= options_.patience && epoch > 1;
}

void EarlyStopping::on_train_begin(Trainer& trainer) {
  monitor_ = monitor_of(options_);
  waited_ = 0;
  best_epoch_ = 0;
  best_weights_.clear();
  std::int64_t epoch = 0;
  for (const Logs& logs : trainer.position().history) see(++epoch, logs);
  if (has_waited(epoch)) trainer.stop_training();
}

void EarlyStopping::on_epoch_end(Trainer& trainer, const EpochReport& report) {
  const bool better = see(report.epoch, report.logs);
  if (better && options_.restore_best_weights) {
    best_weights_.clear();
    for (const layers::Weight& weight : trainer.model().weights()) {
      best_weights_.push_back(weight.tensor.clone());
    }
  }
  if (has_waited(report.epoch)) trainer.stop_training();
}

void EarlyStopping::on_train_end(Trainer& trainer) {
  const bool interrupted = trainer.position().step_of_epoch > 0;
  if (best_weights_.empty() || interrupted) return;
  const std::vector<layers::Weight> weights = trainer.model().weights();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i].tensor.copy_from(best_weights_[i]);
  }
}

}  // namespace lathe::train
