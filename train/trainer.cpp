#include "train/trainer.h"

#include <algorithm>
#include <deque>

#include "core/cuda/memory.h"
#include "core/error.h"
#include "train/compile_step.h"

namespace lathe::train {
namespace {

// Writes class ids as rows that are 1 at their class; ignored ones are zero.
template <class Id>
void write_one_hot(const Tensor& ids, const Tensor& result) {
  const auto rows = result.values<float>();
  const auto classes = result.shape().back();
  std::fill(rows.begin(), rows.end(), 0.0F);
  std::size_t row = 0;
  for (const Id id : ids.values<Id>()) {
    if (id >= 0 && id < classes) rows[row + static_cast<std::size_t>(id)] = 1;
    row += static_cast<std::size_t>(classes);
  }
}

[[noreturn]] void fail_for_memory(const StepParts& parts,
                                  std::size_t workspace_bytes) {
  constexpr std::size_t kMegabyte = 1000000;
  const std::size_t free = cuda::free_bytes() + parts.arena->bytes();
  const std::int64_t fits = largest_batch(parts, free, workspace_bytes);
  fail("GPU: a step of ", parts.batch_size, " samples needs ",
       step_bytes(parts, workspace_bytes) / kMegabyte, " MB more and ",
       free / kMegabyte, " MB are free; ",
       fits > 0 ? concat("the largest batch that fits is ", fits)
                : "not even one sample fits; smaller images need less");
}

}  // namespace

Trainer::Trainer(models::Model model, TrainerOptions options)
    : model_(std::move(model)),
      options_(std::move(options)),
      optimizer_(options_.optimizer, model_.trainable_weights()),
      statistics_count_({1}, DType::int64),
      counts_of_ranks_(options_.ranks),
      arena_(std::make_shared<Arena>(options_.device)),
      conversion_(options_.device),
      results_(options_.device) {
  for (const std::string& name : options_.metrics) require_metric(name);
  const std::int64_t channels = model_.output_shape().back();
  require_channels(options_.loss, channels);
  classes_ = channels == 1 ? 2 : channels;
  confusion_ = ConfusionCounts(classes_);
  image_scale_ = models::input_scale(model_);
  position_.learning_rate = train::learning_rate(options_.optimizer);
}

Trainer::~Trainer() = default;

void Trainer::compile(std::int64_t batch_size) {
  if (step_ && batch_size == batch_size_) return;
  batch_size_ = batch_size;
  input_name_ = model_.inputs().at(0).call()->layer->name();
  StepParts parts{
      .model = model_,
      .options = options_,
      .batch_size = batch_size,
      .optimizer = &optimizer_,
      .statistics_count = statistics_count_,
      .arena = arena_,
      .input_bytes = [this](std::int64_t batch) { return input_bytes(batch); }};
  try {
    step_ = compile_step(parts);
    parts.optimizer = nullptr;
    inference_ = compile_step(parts);
  } catch (const cuda::OutOfMemory& error) {
    step_.reset();
    parts.optimizer = &optimizer_;
    fail_for_memory(parts, error.workspace_bytes);
  }
}

std::size_t Trainer::input_bytes(std::int64_t batch_size) {
  const auto batch_of = [&](Shape shape) {
    shape[0] = batch_size;
    return shape;
  };
  const TensorSpec image{batch_of(model_.input_shape()), DType::float32};
  const TensorSpec target =
      step_target(batch_of(model_.output_shape()), options_.loss, true);
  // Floats of the next two steps, or bytes as the loader has them.
  const std::size_t bytes = kBatchPlaces * (image.bytes() / sizeof(float));
  return std::max(2 * image.bytes(), bytes) + 2 * target.bytes();
}

void Trainer::recompile() {
  use_averages(false);
  optimizer_.set_weights(model_.trainable_weights());
  step_.reset();
  inference_.reset();
}

void Trainer::use_averages(bool averages) {
  if (!optimizer_.has_averages() || averages == averages_in_model_) return;
  // Before the first step there are none.
  if (optimizer_.iterations() == 0) return;
  optimizer_.swap_averages();
  averages_in_model_ = averages;
}

Tensor Trainer::image_buffer(std::int64_t batch_size) {
  compile(batch_size);
  return step_->input(input_name_);
}

Tensor Trainer::target_buffer(const TensorSpec& targets) {
  compile(targets.shape[0]);
  const Tensor target = step_->input("target");
  if (target.dtype() != targets.dtype ||
      target.elements() != targets.shape.elements()) {
    return {};
  }
  return target.reshaped(targets.shape);
}

void Trainer::fill(Executable& executable, const Batch& batch) {
  const Tensor images = executable.input(input_name_);
  if (batch.images.shape() != images.shape()) {
    fail("train_step: images of ", batch.images.shape(),
         " for a model compiled for ", images.shape());
  }
  if (batch.images.dtype() == DType::uint8) {
    conversion_.apply(batch.images, image_scale_, images);
  } else if (!batch.images.is_same_memory(images)) {
    images.copy_from(batch.images);
  }
  const Tensor target = executable.input("target");
  const DType given = batch.targets.dtype();
  const bool one_hot = target.dtype() == DType::float32 &&
                       (given == DType::uint8 || given == DType::int32);
  const std::int64_t elements =
      one_hot ? target.elements() / target.shape().back() : target.elements();
  if ((!one_hot && given != target.dtype()) ||
      batch.targets.elements() != elements) {
    fail("train_step: targets of ", batch.targets.spec(), " where ",
         target.spec(), " would be right for the model's predictions");
  }
  if (batch.targets.is_same_memory(target)) {
    // augmented to where they are needed
  } else if (!one_hot) {
    target.copy_from(batch.targets.reshaped(target.shape()));
  } else if (given == DType::uint8) {
    write_one_hot<std::uint8_t>(batch.targets, target);
  } else {
    write_one_hot<std::int32_t>(batch.targets, target);
  }
  if (executable.has_input("draw")) {
    const auto draw = executable.input("draw").values<std::int64_t>();
    draw[0] = static_cast<std::int64_t>(options_.seed);
    draw[1] = batch.epoch;
    std::copy(batch.sample_ids.begin(), batch.sample_ids.end(),
              draw.begin() + 2);
  }
}

void Trainer::measure_steps(std::int64_t count) {
  measured_.clear();
  steps_to_measure_ = count;
}

void Trainer::measure(Clock::time_point start) {
  for (const Span& before : {times_.augmentation, times_.waiting}) {
    if (!before.empty()) start = std::min(start, before.start);
  }
  times_.run.start = Clock::now();
  times_.nodes = step_->measure();
  times_.run.end = Clock::now();
  times_.step = {start, times_.run.end};
  times_.number = optimizer_.iterations() + 1;
  measured_.push_back(times_);
  --steps_to_measure_;
}

StepResult Trainer::train_step(Batch& batch) {
  const auto start = Clock::now();
  compile(batch.images.shape()[0]);
  use_averages(false);
  optimizer_.set_learning_rate(
      position_.learning_rate *
      factor(options_.schedule, optimizer_.iterations(), steps_of_run_));
  fill(*step_, batch);
  if (steps_to_measure_ > 0) {
    measure(start);
  } else {
    step_->run();
  }
  optimizer_.count_step();
  StepResult result = results_.take(*step_, batch);
  if (results_.behind() == 0) {
    result.loss = finite_loss(result.loss, optimizer_.iterations());
  }
  return result;
}

Evaluation Trainer::evaluate(const Dataset& data, const LoaderOptions& loader) {
  LoaderOptions loading = loader;
  loading.training = false;
  loading.epoch = 0;
  loading.first_step = 0;
  loading.shuffle = false;
  loading.drop_remainder = false;
  loading.pinned = options_.device == Device::cuda;
  loading.transform = nullptr;
  loading.part = part_of(options_.ranks);
  if (loading.batch_size == 0) loading.batch_size = data.batch_size();
  // What was compiled for training serves any data.
  if (inference_) loading.batch_size = batch_size_ * loading.part.count;
  compile(rows_of_part(loading.batch_size, loading.part));
  use_averages(true);
  Evaluation result{.confusion = ConfusionCounts(classes_)};
  double samples = 0;
  StepResults results(options_.device);
  std::deque<std::pair<StepResult, double>> pending;
  const auto count = [&](std::size_t behind) {
    for (; pending.size() > behind; pending.pop_front()) {
      const auto& [step, size] = pending.front();
      result.loss += size * step.loss;
      samples += size;
      bool stop = false;
      result.confusion.add(counts_of_ranks_.sum(step.counts, stop));
    }
  };
  Batch batch;
  Loader batches(data, loading);
  while (batches.next(batch)) {
    fill(*inference_, batch);
    inference_->run();
    // Targets beyond the batch's size are ignored ones, which the mean leaves
    // out.
    pending.emplace_back(results.take(*inference_, batch),
                         static_cast<double>(batch.whole_size));
    count(results.behind());
  }
  count(0);
  result.loss /= samples;
  return result;
}

}  // namespace lathe::train
