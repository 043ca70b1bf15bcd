// How an executable runs: what follows from weights alone first, where it must
// be computed anew, and on a GPU as a recording of all its nodes.
#include <array>
#include <chrono>

#include "core/compiler/executable.h"
#include "core/cuda/stopwatch.h"
#include "core/error.h"

namespace lathe {

using graph::Role;
using graph::ValueId;

void Executable::exchange_with_gpu() {
  for (const auto& [id, tensor] : bindings_) tensor.device();
  for (const auto& [id, tensor] : views_) {
    if (graph_.value(id).role == Role::input) {
      tensor.device();
    } else {
      tensor.overwritten_on_device();
    }
  }
}

void Executable::count_writes() {
  for (const ValueId id : written_) {
    const auto bound = bindings_.find(id);
    if (bound == bindings_.end()) continue;
    if (on_gpu()) {
      bound->second.written_on_device();
    } else {
      bound->second.raw();
    }
  }
}

// Another executable in the same arena overwrites what was prepared, and so
// does whoever fills its inputs.
void Executable::claim_arena() {
  if (!options_.arena->claim(this)) is_prepared_ = false;
}

void Executable::prepare() {
  if (bound_to_ != options_.arena->base()) bind();
  claim_arena();
  if (on_gpu()) exchange_with_gpu();
  count_writes();
  compute_constants();
}

void Executable::compute_constants() {
  for (Source& source : sources_) {
    const std::optional<std::uint64_t> version = source.tensor.version();
    if (!version || version != source.version) is_prepared_ = false;
    source.version = version;
  }
  if (is_prepared_) return;
  bool computed = false;
  for (const Step& step : steps_) {
    if (step.constant) {
      run(step);
    } else if (step.prepared_offset) {
      const std::array<void*, 1> weights{step.given_weights};
      const std::array<void*, 1> prepared{step.inputs[1]};
      step.kernel.run.target<PreparedRun>()->prepare(
          arguments(weights, prepared));
    } else {
      continue;
    }
    computed = true;
  }
  is_prepared_ = true;
  if (computed) ++preparations_;
}

KernelArguments Executable::arguments(std::span<void* const> inputs,
                                      std::span<void* const> outputs) const {
  return {.inputs = inputs,
          .outputs = outputs,
          .workspace = options_.arena->base() + workspace_offset_,
          .stream = on_gpu() ? cuda::stream() : nullptr};
}

void Executable::run(const Step& step) const {
  const KernelArguments given = arguments(step.inputs, step.outputs);
  if (step.prepared_offset) {
    step.kernel.run.target<PreparedRun>()->run(given);
  } else {
    step.kernel.run(given);
  }
}

void Executable::run_nodes() const {
  for (const Step& step : steps_) {
    if (!step.constant) run(step);
  }
}

void Executable::run() {
  prepare();
  if (!on_gpu() || !options_.capture || !replay()) run_nodes();
}

// The first run goes node by node: libraries load code when they first need
// it, which can't be recorded.
bool Executable::replay() {
  if (!has_run_) {
    has_run_ = true;
    return false;
  }
  if (!capture_failure_.empty()) return false;
  if (!recording_) {
    try {
      recording_.emplace([this] { run_nodes(); });
    } catch (const Error& error) {
      capture_failure_ = error.what();
      return false;
    }
  }
  recording_->replay();
  return true;
}

std::vector<double> Executable::timed_nodes() const {
  if (on_gpu()) {
    cuda::synchronize();
    cuda::Stopwatch watch;
    watch.mark(cuda::stream());
    for (const Step& step : steps_) {
      if (!step.constant) run(step);
      watch.mark(cuda::stream());
    }
    return watch.milliseconds();
  }
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  std::vector<double> marks{0};
  for (const Step& step : steps_) {
    if (!step.constant) run(step);
    marks.push_back(
        std::chrono::duration<double, std::milli>(Clock::now() - start)
            .count());
  }
  return marks;
}

std::vector<NodeTime> Executable::measure() {
  prepare();
  const std::vector<double> marks = timed_nodes();
  std::vector<NodeTime> result;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    result.push_back(
        {.start = marks[i], .milliseconds = marks[i + 1] - marks[i]});
  }
  return result;
}

}  // namespace lathe
