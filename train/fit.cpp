// Trainer's loop over epochs and batches.

#include <chrono>
#include <deque>

#include "train/trainer.h"

namespace lathe::train {
namespace {

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

// A step that was begun, and what is to be reported of it.
struct Trainer::Pending {
  StepResult result;
  std::int64_t size = 0;
  std::int64_t steps_per_epoch = 0;
  double milliseconds = 0;
  double waiting_milliseconds = 0;
  double augmentation_milliseconds = 0;
  double learning_rate = 0;
};

bool Trainer::report(const Pending& step, const FitOptions& options) {
  const auto stopped = [&] {
    return options.stop != nullptr && options.stop->load();
  };
  bool stop = stopped();
  const double loss = finite_loss(step.result.loss, position_.step + 1);
  position_.loss_sum += loss * static_cast<double>(step.size);
  position_.samples += step.size;
  confusion_.add(counts_of_ranks_.sum(step.result.counts, stop));
  position_.step += 1;
  position_.step_of_epoch += 1;
  const StepReport report{
      .step = position_.step,
      .epoch = position_.epoch + 1,
      .step_of_epoch = position_.step_of_epoch,
      .steps_per_epoch = step.steps_per_epoch,
      .loss = loss,
      .milliseconds = step.milliseconds,
      .waiting_milliseconds = step.waiting_milliseconds,
      .augmentation_milliseconds = step.augmentation_milliseconds,
      .learning_rate = step.learning_rate,
      .logs = logs(mean_loss(position_), confusion_, "")};
  for (const AnyCallback& callback : options.callbacks) {
    callback->on_step_end(*this, report);
  }
  // Ranks stop together.
  return options_.ranks ? stop : stopped();
}

bool Trainer::run_steps(const Dataset& data, const FitOptions& options) {
  LoaderOptions loading = options.loader;
  loading.epoch = static_cast<std::uint32_t>(position_.epoch);
  loading.first_step = position_.step_of_epoch;
  loading.training = true;
  loading.drop_remainder = true;
  loading.pinned = options_.device == Device::cuda;
  Loader loader(data, loading);
  const std::int64_t steps = loader.steps();
  for (const AnyCallback& callback : options.callbacks) {
    callback->on_epoch_begin(*this, position_.epoch + 1, options.epochs, steps);
  }
  std::deque<Pending> pending;
  bool stop = false;
  const auto report_all_but = [&](std::size_t behind) {
    for (; pending.size() > behind; pending.pop_front()) {
      stop |= report(pending.front(), options);
    }
    return stop;
  };
  auto step_start = Clock::now();
  Batch batch;
  for (std::int64_t step = position_.step_of_epoch; step < steps; ++step) {
    const auto wait_start = Clock::now();
    if (!loader.next(batch)) break;
    times_ = {.waiting = {wait_start, Clock::now()}};
    const std::int64_t size = batch.whole_size;
    pending.push_back({.result = train_step(batch),
                       .size = size,
                       .steps_per_epoch = steps,
                       .waiting_milliseconds = times_.waiting.milliseconds()});
    pending.back().augmentation_milliseconds =
        times_.augmentation.milliseconds();
    pending.back().learning_rate = current_learning_rate();
    // What a step waits for is the end of one before it.
    if (pending.size() > results_.behind()) pending.front().result.loss.wait();
    pending.back().milliseconds = since(step_start);
    step_start = Clock::now();
    if (report_all_but(results_.behind())) break;
  }
  report_all_but(0);
  return !stop;
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
    const auto validation_start = Clock::now();
    const Evaluation evaluation = evaluate(*options.validation, options.loader);
    const Logs validation = logs(evaluation.loss, evaluation.confusion, "val_");
    report.logs.insert(report.logs.end(), validation.begin(), validation.end());
    report.validation_seconds = since(validation_start) / 1000;
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
    options.loader.threads = cores_of_rank(*options_.ranks);
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
