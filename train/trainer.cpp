#include "train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>

#include "core/error.h"
#include "core/graph/gradient.h"
#include "core/graph/passes/passes.h"
#include "core/parallel.h"
#include "models/keras_file.h"
#include "models/load_weights.h"

namespace lathe::train {
namespace {

using graph::ValueId;

// So many that moving statistics no longer correct for their start.
constexpr std::int64_t kManyBatches = 1'000'000;

// Writes uint8 images as float32 times `scale`.
void convert(const Tensor& images, float scale, const Tensor& result) {
  const std::uint8_t* from = images.data<std::uint8_t>();
  float* to = result.data<float>();
  parallel_ranges(images.elements(), 1 << 16,
                  [&](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t i = begin; i < end; ++i) {
                      to[i] = static_cast<float>(from[i]) * scale;
                    }
                  });
}

double since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(
             std::chrono::steady_clock::now() - start)
      .count();
}

}  // namespace

Trainer::Trainer(models::Model model, TrainerOptions options)
    : model_(std::move(model)),
      options_(std::move(options)),
      iteration_({1}, DType::int64),
      learning_rate_({1}, DType::float32),
      statistics_count_({1}, DType::int64),
      arena_(std::make_shared<Arena>()) {
  for (const std::string& name : options_.metrics) require_metric(name);
  const std::int64_t channels = model_.output_shape().back();
  classes_ = channels == 1 ? 2 : channels;
  if (std::holds_alternative<BinaryCrossentropy>(options_.loss) &&
      channels != 1) {
    fail("trainer: binary crossentropy is for one channel and the model has ",
         channels, "; use SparseCategoricalCrossentropy");
  }
  image_scale_ = models::input_scale(model_);
  learning_rate_.values<float>()[0] =
      static_cast<float>(learning_rate(options_.optimizer));
  for (const layers::Weight& weight : model_.trainable_weights()) {
    std::vector<Tensor>& slots = slots_.emplace_back();
    for (std::size_t i = 0; i < slot_count(options_.optimizer); ++i) {
      slots.emplace_back(weight.tensor.shape());
    }
  }
}

Trainer::~Trainer() = default;

void Trainer::compile(std::int64_t batch_size) {
  if (step_ && batch_size == batch_size_) return;
  batch_size_ = batch_size;
  const auto executable = [&](bool training) {
    models::LoweredModel lowered =
        model_.lower({.batch = batch_size,
                      .training = training,
                      .statistics_warm_up = options_.statistics_warm_up});
    graph::Graph& graph = lowered.graph;
    input_name_ = graph.value(lowered.inputs.at(0)).name;
    Executable::Bindings bindings = std::move(lowered.bindings);
    const ValueId prediction = lowered.outputs.at(0);
    Shape target_shape = graph.shape(prediction);
    target_shape[target_shape.rank() - 1] = 1;
    const ValueId target =
        graph.add_input("target", {target_shape, DType::uint8});
    const ValueId loss = add_loss(graph, options_.loss, prediction, target);
    graph.mark_output("loss", loss);
    const double threshold = from_logits(options_.loss) ? 0.0 : 0.5;
    graph.mark_output(
        "confusion", graph.apply(graph::ConfusionMatrix{.classes = classes_,
                                                        .threshold = threshold},
                                 {prediction, target}, "confusion"));
    graph::run_passes(graph, graph::forward_passes(), options_.disabled_passes);
    if (lowered.statistics_count != graph::kNoValue) {
      bindings[lowered.statistics_count] = statistics_count_;
    }
    if (training) {
      const std::vector<ValueId>& weights = lowered.trainable;
      const std::vector<ValueId> gradients =
          graph::differentiate(graph, loss, weights);
      const ValueId iteration = graph.add_state("iteration", iteration_.spec());
      const ValueId rate =
          graph.add_state("learning_rate", learning_rate_.spec());
      bindings[iteration] = iteration_;
      bindings[rate] = learning_rate_;
      std::vector<ValueId> operands{iteration, rate};
      for (std::size_t i = 0; i < weights.size(); ++i) {
        operands.insert(operands.end(), {weights[i], gradients[i]});
        for (const Tensor& slot : slots_[i]) {
          operands.push_back(graph.add_state(
              concat(graph.value(weights[i]).name, "/slot"), slot.spec()));
          bindings[operands.back()] = slot;
        }
      }
      graph.add(operation(options_.optimizer), operands, "optimizer");
      graph.add(graph::Increment{}, {iteration}, "iteration");
    }
    return std::make_unique<Executable>(
        std::move(graph), std::move(bindings),
        CompileOptions{.device = options_.device,
                       .disabled_passes = options_.disabled_passes,
                       .arena = arena_});
  };
  step_ = executable(true);
  inference_ = executable(false);
}

Tensor Trainer::image_buffer(std::int64_t batch_size) {
  compile(batch_size);
  return step_->input(input_name_);
}

void Trainer::fill(const Executable& executable, const Batch& batch) const {
  const Tensor images = executable.input(input_name_);
  if (batch.images.shape() != images.shape()) {
    fail("train_step: images of ", batch.images.shape(),
         " for a model compiled for ", images.shape());
  }
  if (batch.images.dtype() == DType::uint8) {
    convert(batch.images, image_scale_, images);
  } else if (batch.images.raw() != images.raw()) {
    images.copy_from(batch.images);
  }
  const Tensor target = executable.input("target");
  target.copy_from(batch.targets.reshaped(target.shape()));
  if (executable.has_input("draw")) {
    const auto draw = executable.input("draw").values<std::int64_t>();
    draw[0] = static_cast<std::int64_t>(options_.seed);
    draw[1] = batch.epoch;
    std::copy(batch.sample_ids.begin(), batch.sample_ids.end(),
              draw.begin() + 2);
  }
}

StepResult Trainer::train_step(Batch& batch) {
  compile(batch.images.shape()[0]);
  fill(*step_, batch);
  step_->run();
  StepResult result{.loss = step_->output("loss").values<float>()[0],
                    .confusion = ConfusionCounts(classes_)};
  result.confusion.add(step_->output("confusion"));
  if (!std::isfinite(result.loss)) {
    fail("train_step: the loss is ", result.loss, " at step ",
         position_.step + 1,
         "; the last checkpoint is from before it. A smaller learning rate "
         "often helps");
  }
  return result;
}

Logs Trainer::logs(double loss, const ConfusionCounts& confusion,
                   std::string_view prefix) const {
  Logs result{{concat(prefix, "loss"), loss}};
  for (const std::string& name : options_.metrics) {
    result.emplace_back(concat(prefix, name), confusion.metric(name));
  }
  return result;
}

bool Trainer::run_epoch(const Dataset& data, const FitOptions& options) {
  using Clock = std::chrono::steady_clock;
  LoaderOptions loading = options.loader;
  loading.epoch = static_cast<std::uint32_t>(position_.epoch);
  loading.first_step = position_.step_of_epoch;
  loading.drop_remainder = true;
  Loader loader(data, loading);
  const std::int64_t steps = loader.steps();
  ConfusionCounts confusion(classes_);
  if (!position_.confusion.empty()) {
    confusion.set_values(position_.confusion);
  }
  for (const AnyCallback& callback : options.callbacks) {
    callback->on_epoch_begin(*this, position_.epoch + 1, options.epochs, steps);
  }
  const auto epoch_start = Clock::now();
  auto step_start = epoch_start;
  Batch batch;
  while (position_.step_of_epoch < steps) {
    const auto wait_start = Clock::now();
    if (!loader.next(batch)) break;
    const double waiting = since(wait_start);
    augmentation_milliseconds_ = 0;
    const std::int64_t size = batch.size;
    const StepResult result = train_step(batch);
    position_.loss_sum += result.loss * static_cast<double>(size);
    position_.samples += size;
    confusion.add(result.confusion);
    position_.confusion = confusion.values();
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
        .logs =
            logs(position_.loss_sum / static_cast<double>(position_.samples),
                 confusion, "")};
    step_start = Clock::now();
    for (const AnyCallback& callback : options.callbacks) {
      callback->on_step_end(*this, report);
    }
    if (options.stop != nullptr && options.stop->load()) return false;
  }
  EpochReport report{
      .epoch = position_.epoch + 1,
      .epochs = options.epochs,
      .steps = steps,
      .logs = logs(position_.loss_sum / static_cast<double>(position_.samples),
                   confusion, "")};
  if (options.validation != nullptr) {
    const Evaluation evaluation = evaluate(*options.validation, options.loader);
    const Logs validation = logs(evaluation.loss, evaluation.confusion, "val_");
    report.logs.insert(report.logs.end(), validation.begin(), validation.end());
  }
  report.seconds = since(epoch_start) / 1000;
  position_.epoch += 1;
  position_.step_of_epoch = 0;
  position_.loss_sum = 0;
  position_.samples = 0;
  position_.confusion.clear();
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
  if (data.size() >= options.loader.batch_size) {
    compile(options.loader.batch_size);
  }
  for (const AnyCallback& callback : options.callbacks) {
    callback->on_train_begin(*this);
  }
  bool finished = true;
  while (finished && position_.epoch < options.epochs) {
    finished = run_epoch(data, options);
  }
  for (const AnyCallback& callback : options.callbacks) {
    callback->on_train_end(*this);
  }
  return finished;
}

Evaluation Trainer::evaluate(const Dataset& data, const LoaderOptions& loader) {
  LoaderOptions loading = loader;
  loading.epoch = 0;
  loading.first_step = 0;
  loading.shuffle = false;
  loading.drop_remainder = false;
  loading.transform = nullptr;
  if (loading.batch_size == 0) loading.batch_size = data.batch_size();
  // What was compiled for training serves any data.
  if (inference_) loading.batch_size = batch_size_;
  compile(loading.batch_size);
  Evaluation result{.confusion = ConfusionCounts(classes_)};
  double samples = 0;
  Batch batch;
  Loader batches(data, loading);
  while (batches.next(batch)) {
    fill(*inference_, batch);
    inference_->run();
    // Targets beyond the batch's size are ignored ones, which the mean leaves
    // out.
    const auto size = static_cast<double>(batch.size);
    result.loss += size * inference_->output("loss").values<float>()[0];
    samples += size;
    result.confusion.add(inference_->output("confusion"));
  }
  result.loss /= samples;
  return result;
}

void Trainer::save(const std::filesystem::path& path) const {
  models::TrainingState state{
      .options = keras_options(options_.optimizer),
      .iterations = iteration_.values<std::int64_t>()[0],
      .slots = slots_,
      .loss = std::string(keras_name(options_.loss)),
      .from_logits = from_logits(options_.loss)};
  Position position = position_;
  position.statistics_count = statistics_count_.values<std::int64_t>()[0];
  position.seed = options_.seed;
  state.extra = to_json(position);
  models::save(model_, path, state);
}

void Trainer::resume(const std::filesystem::path& path) {
  const models::LoadedFile file = models::load_with_training(path);
  if (!file.training) {
    fail(path.string(), ": can't be resumed from: it has no optimizer state");
  }
  const models::TrainingState& state = *file.training;
  Position position = position_from(state.extra, path.string());
  if (position.seed != options_.seed) {
    fail(path.string(), ": its run had the seed ", position.seed,
         " and this one has ", options_.seed,
         "; with another seed the draws would not go on as they began");
  }
  if (state.slots.size() != slots_.size()) {
    fail(path.string(), ": has optimizer state for ", state.slots.size(),
         " weights and the model has ", slots_.size());
  }
  model_.copy_weights_from(file.model);
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    for (std::size_t j = 0; j < slots_[i].size(); ++j) {
      slots_[i][j].copy_from(state.slots[i].at(j));
    }
  }
  iteration_.values<std::int64_t>()[0] = state.iterations;
  statistics_count_.values<std::int64_t>()[0] = position.statistics_count;
  position_ = std::move(position);
}

void Trainer::load_weights(const std::filesystem::path& path) {
  models::load_weights(model_, path, {.whole = true});
  // The file's moving statistics are good already.
  statistics_count_.values<std::int64_t>()[0] = kManyBatches;
}

}  // namespace lathe::train
