// Milliseconds of a training step, or of inference, on data already in memory,
// and the peak of the process' memory, or on a GPU of the GPU's: lines that
// compare.py and scaling.py read.
//   benchmark_step [--model unet|efficientnet_b0] [--inference] [--batch N]
//   [--size N] [--steps N] [--profile] [--device cpu|cuda] [--no-capture]
//   [--precision fp32|tf32|bf16] [--low-memory] [--without PASS]...

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "core/compiler/profile.h"
#include "core/cuda/memory.h"
#include "core/graph/passes/passes.h"
#include "core/philox.h"
#include "layers/dense.h"
#include "layers/input.h"
#include "models/efficientnet.h"
#include "models/unet.h"
#include "train/trainer.h"

namespace {

using Clock = std::chrono::steady_clock;
using lathe::Tensor;

constexpr int kFirst = 3;
constexpr std::uint32_t kClasses = 10;

struct Options {
  std::string model = "unet";
  bool inference = false;
  bool profile = false;
  std::int64_t batch = 16;
  std::int64_t size = 224;
  int steps = 12;
  lathe::Device device = lathe::Device::cpu;
  lathe::Precision precision = lathe::Precision::fp32;
  bool capture = true;
  bool low_memory = false;
  std::vector<std::string> without;

  bool on_gpu() const { return device == lathe::Device::cuda; }
  bool classifier() const { return model != "unet"; }
};

Options parse(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string name = arguments[i];
    const auto value = [&] { return std::string(arguments[++i]); };
    if (name == "--model") options.model = value();
    if (name == "--inference") options.inference = true;
    if (name == "--profile") options.profile = true;
    if (name == "--batch") options.batch = std::stoll(value());
    if (name == "--size") options.size = std::stoll(value());
    if (name == "--steps") options.steps = std::stoi(value());
    if (name == "--device") options.device = lathe::device_from(value());
    if (name == "--precision") {
      options.precision = lathe::precision_from(value());
    }
    if (name == "--low-memory") options.low_memory = true;
    if (name == "--no-capture") options.capture = false;
    if (name == "--without") options.without.push_back(value());
  }
  return options;
}

lathe::models::Model make_model(const Options& options) {
  const lathe::models::ImageSize size{options.size, options.size};
  if (!options.classifier()) return lathe::models::unet({.size = size});
  const auto input =
      lathe::layers::Input({.shape = {options.size, options.size, 3}});
  const auto features = lathe::models::efficientnet({.size = size})(input);
  return {input, lathe::layers::Dense({.units = kClasses})(features)};
}

lathe::train::TrainerOptions trainer_options(const Options& options) {
  lathe::train::TrainerOptions result{.device = options.device,
                                      .precision = options.precision,
                                      .capture = options.capture,
                                      .low_memory = options.low_memory,
                                      .disabled_passes = options.without};
  if (options.classifier()) {
    result.loss =
        lathe::train::SparseCategoricalCrossentropy{.from_logits = true};
  }
  return result;
}

lathe::train::Batch random_batch(const Options& options) {
  lathe::train::Batch batch;
  batch.images = Tensor({options.batch, options.size, options.size, 3},
                        lathe::DType::uint8);
  lathe::Philox random({.seed = 1});
  for (auto& value : batch.images.values<std::uint8_t>()) {
    value = static_cast<std::uint8_t>(random.next());
  }
  if (options.classifier()) {
    batch.targets = Tensor({options.batch, 1}, lathe::DType::int32);
    for (auto& value : batch.targets.values<std::int32_t>()) {
      value = static_cast<std::int32_t>(random.below(kClasses));
    }
  } else {
    batch.targets = Tensor({options.batch, options.size, options.size, 1},
                           lathe::DType::uint8);
    for (auto& value : batch.targets.values<std::uint8_t>()) {
      value = static_cast<std::uint8_t>(random.below(2));
    }
  }
  batch.sample_ids.resize(static_cast<std::size_t>(options.batch));
  batch.size = options.batch;
  return batch;
}

// The model ready to predict, its input filled.
std::unique_ptr<lathe::Executable> compile(const lathe::models::Model& model,
                                           const Options& options) {
  auto lowered = model.lower({.batch = options.batch});
  lowered.graph.mark_output("prediction", lowered.outputs.at(0));
  const std::string input = lowered.graph.value(lowered.inputs.at(0)).name;
  lathe::graph::run_passes(lowered.graph,
                           lathe::graph::forward_passes(options.device),
                           options.without);
  auto executable = std::make_unique<lathe::Executable>(
      std::move(lowered.graph), std::move(lowered.bindings),
      lathe::CompileOptions{.device = options.device,
                            .precision = options.precision,
                            .disabled_passes = options.without,
                            .capture = options.capture});
  lathe::Philox random({.seed = 1});
  for (float& value : executable->input(input).values<float>()) {
    value = random.uniform();
  }
  return executable;
}

// What the process has computed for, on all its threads.
double processor_milliseconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return 1e3 * static_cast<double>(usage.ru_utime.tv_sec) +
         1e-3 * static_cast<double>(usage.ru_utime.tv_usec);
}

// How often the system has taken a processor from one of its threads.
long interruptions() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_nivcsw;
}

long peak_megabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

struct StepTime {
  double milliseconds = 0;
  bool interrupted = false;
};

// How even the steps are: of those over 1.3 times the median, in how many
// nobody else took a processor.
void print_spread(const std::vector<StepTime>& times, double median) {
  int slow = 0;
  int undisturbed = 0;
  double longest = 0;
  for (const StepTime& time : times) {
    longest = std::max(longest, time.milliseconds);
    if (time.milliseconds <= 1.3 * median) continue;
    ++slow;
    if (!time.interrupted) ++undisturbed;
  }
  std::printf(
      "longest %.2f ms, %d of %zu steps over 1.3 medians, %d uninterrupted\n",
      longest, slow, times.size(), undisturbed);
}

// Where the time of some more steps goes.
void print_profile(lathe::train::Trainer& trainer,
                   const lathe::train::Batch& batch,
                   lathe::Executable* inference, const Options& options) {
  constexpr int kMeasured = 5;
  const lathe::Executable& executable =
      inference != nullptr ? *inference : *trainer.step();
  lathe::Profile profile(
      executable, lathe::measure_peaks(options.device, options.precision));
  if (inference == nullptr) trainer.measure_steps(kMeasured);
  for (int i = 0; i < kMeasured; ++i) {
    if (inference != nullptr) {
      profile.add(inference->measure());
    } else {
      lathe::train::Batch copy = batch;
      trainer.train_step(copy);
      profile.add(trainer.measured_steps().back().nodes);
    }
  }
  std::printf("%s%s", executable.summary().c_str(), profile.table(40).c_str());
}

}  // namespace

int main(int count, char** arguments) {
  const Options options = parse(count, arguments);
  const auto model = make_model(options);
  const auto begin = Clock::now();
  lathe::train::Batch batch = random_batch(options);
  lathe::train::Trainer trainer(model, trainer_options(options));
  const std::size_t free = options.on_gpu() ? lathe::cuda::free_bytes() : 0;
  std::unique_ptr<lathe::Executable> inference;
  if (options.inference) inference = compile(model, options);
  std::vector<StepTime> times;
  double processor = 0;
  // A GPU is some steps behind; then each step waits for one before it.
  std::deque<lathe::train::StepResult> begun;
  const std::size_t behind =
      options.on_gpu() ? lathe::train::StepResults::kBehind : 0;
  const int first = kFirst + static_cast<int>(behind);
  for (int i = 0; i < options.steps; ++i) {
    const auto start = Clock::now();
    // The first steps build primitives and touch memory.
    if (i == first) processor = processor_milliseconds();
    const long before = interruptions();
    if (options.inference) {
      inference->run();
      if (options.on_gpu()) lathe::cuda::synchronize();
    } else {
      lathe::train::Batch copy = batch;
      begun.push_back(trainer.train_step(copy));
      for (; begun.size() > behind; begun.pop_front()) {
        begun.front().loss.wait();
      }
    }
    times.push_back({.milliseconds = std::chrono::duration<double, std::milli>(
                                         Clock::now() - start)
                                         .count(),
                     .interrupted = interruptions() != before});
    if (i == 0) {
      std::printf("first %.2f s\n",
                  std::chrono::duration<double>(Clock::now() - begin).count());
    }
  }
  processor = (processor_milliseconds() - processor) /
              std::max(options.steps - first, 1);
  if (options.profile) {
    print_profile(trainer, batch, inference.get(), options);
  }
  times.erase(times.begin(),
              times.begin() + std::min(first, options.steps - 1));
  std::ranges::sort(times, {}, &StepTime::milliseconds);
  const double median = times[times.size() / 2].milliseconds;
  print_spread(times, median);
  const lathe::Executable& executable =
      inference ? *inference : *trainer.step();
  std::printf("work %.3f GFLOP\n", executable.cost().flops / 1e9);
  std::printf("median %.2f ms, min %.2f ms, processor %.1f ms, peak %ld MB\n",
              median, times.front().milliseconds, processor,
              options.on_gpu()
                  ? static_cast<long>((free - lathe::cuda::free_bytes()) >> 20)
                  : peak_megabytes());
}
