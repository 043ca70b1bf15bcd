// Trainer's loop over epochs and batches.

#include <algorithm>
#include <chrono>
#include <thread>

#include "train/trainer.h"

namespace lathe::train {
namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start)
      .count();
}

double mean_loss(const Position& position) {
  return position.loss_sum / static_cast<double>(position.samples);
}

}  // namespace

Logs Trainer::logs(double loss, const ConfusionCounts& confusion,
                   std::string_view prefix) const {
  Logs result{{concat(prefix, "loss"), loss}};
  for (const std::string& name : options_.metrics) {
    result.emplace_back(concat(prefix, name), confusion.metric(name));
  }
  return result;
}

bool Trainer::run_steps(const Dataset& data, const FitOptions& options) {
  LoaderOptions loading = options.loader;
  loading.epoch = static_cast<std::uint32_t>(position_.epoch);
  loading.first_step = position_.step_of_epoch;
  loading.drop_remainder = true;
  Loader loader(data, loading);
  const std::int64_t steps = loader.steps();
  for (const AnyCallback& callback : options.callbacks) {
    callback->on_epoch_begin(*this, position_.epoch + 1, options.epochs, steps);
  }
  auto step_start = Clock::now();
  Batch batch;
  while (position_.step_of_epoch < steps) {
    const auto wait_start = Clock::now();
    if (!loader.next(batch)) break;
    const double waiting = since(wait_start);
    augmentation_milliseconds_ = 0;
    const std::int64_t size = batch.whole_size;
    const StepResult result = train_step(batch);
    bool stop = options.stop != nullptr && options.stop->load();
    position_.loss_sum += result.loss * static_cast<double>(size);
    position_.samples += size;
    confusion_.add(counts_of_ranks_.sum(result.counts, stop));
    position_.step += 1;
    position_.step_of_epoch += 1;
    const StepReport report{
        .step = position_.step,
        .epoch = position_.epoch + 1,
        .step_of_epoch = position_.step_of_epoch,
        .steps_per_epoch = steps,
        .loss = result.loss,
        .milliseconds = since(step_start),
        .waiting_milliseconds = waiting,
        .augmentation_milliseconds = augmentation_milliseconds_,
        .logs = logs(mean_loss(position_), confusion_, "")};
    step_start = Clock::now();
    for (const AnyCallback& callback : options.callbacks) {
      callback->on_step_end(*this, report);
    }
    if (stop) return false;
  }
  return true;
}

bool Trainer::run_epoch(const Dataset& data, const FitOptions& options) {
  const auto start = Clock::now();
  const bool finished = run_steps(data, options);
  if (options_.ranks && !options_.synchronized_statistics) {
    average_statistics(*options_.ranks, model_);
  }
  if (!finished) return false;
  use_averages(true);
  EpochReport report{.epoch = position_.epoch + 1,
                     .epochs = options.epochs,
                     .steps = position_.step_of_epoch,
                     .logs = logs(mean_loss(position_), confusion_, "")};
  if (options.validation != nullptr) {
    const Evaluation evaluation = evaluate(*options.validation, options.loader);
    const Logs validation = logs(evaluation.loss, evaluation.confusion, "val_");
    report.logs.insert(report.logs.end(), validation.begin(), validation.end());
  }
  report.seconds = since(start) / 1000;
  position_.epoch += 1;
  position_.step_of_epoch = 0;
  position_.loss_sum = 0;
  position_.samples = 0;
  confusion_ = ConfusionCounts(classes_);
  position_.history.push_back(report.logs);
  for (const AnyCallback& callback : options.callbacks) {
    callback->on_epoch_end(*this, report);
  }
  return true;
}

bool Trainer::fit(const Dataset& data, FitOptions options) {
  options.loader.seed = options_.seed;
  if (options.loader.batch_size == 0) {
    options.loader.batch_size = data.batch_size();
  }
  options.loader.part = part_of(options_.ranks);
  if (options_.ranks && options.loader.threads == 0) {
    const auto cores = static_cast<int>(std::thread::hardware_concurrency());
    options.loader.threads = std::max(1, cores / options_.ranks->local_size());
  }
  const std::int64_t rows =
      rows_of_part(options.loader.batch_size, options.loader.part);
  const std::int64_t steps = data.size() / options.loader.batch_size;
  if (steps > 0) compile(rows);
  steps_of_run_ = steps * options.epochs;
  stop_training_ = false;
  for (const AnyCallback& callback : options.callbacks) {
    callback->on_train_begin(*this);
  }
  bool finished = true;
  while (finished && !stop_training_ && position_.epoch < options.epochs) {
    finished = run_epoch(data, options);
  }
  for (const AnyCallback& callback : options.callbacks) {
    callback->on_train_end(*this);
  }
  return finished;
}

}  // namespace lathe::train
