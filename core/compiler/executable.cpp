#include "core/compiler/executable.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <iomanip>
#include <utility>

#include "core/compiler/backend.h"
#include "core/compiler/bfloat16_choice.h"
#include "core/compiler/constant_part.h"
#include "core/compiler/memory_plan.h"
#include "core/compiler/recompute.h"
#include "core/cuda/memory.h"
#include "core/cuda/stopwatch.h"
#include "core/error.h"
#include "core/graph/passes/passes.h"
#include "core/plain_text.h"
#include "core/widened.h"

namespace lathe {
namespace {

using graph::Role;
using graph::ValueId;

std::size_t index(ValueId id) {
  return static_cast<std::size_t>(id);
}

MemoryPlanOptions plan_options(const CompileOptions& options) {
  return {.in_place = options.enables("in_place"),
          .liveness = options.enables("liveness"),
          .prepare_once = options.enables("prepare_once")};
}

// What is done with a graph that nothing is added to any more.
void finish(graph::Graph& graph, const CompileOptions& options) {
  graph::run_passes(
      graph, graph::final_passes(bfloat16_choice(options), options.device),
      options.disabled_passes);
  if (options.low_memory) recompute(graph, plan_options(options));
}

}  // namespace

bool CompileOptions::enables(std::string_view pass) const {
  return std::find(disabled_passes.begin(), disabled_passes.end(), pass) ==
         disabled_passes.end();
}

void require_precision(const CompileOptions& options) {
  if (options.precision == Precision::tf32 && options.device != Device::cuda) {
    fail("compile: tf32 is arithmetic of a GPU, and the ",
         name_of(options.device), " computes in fp32 or bf16");
  }
}

std::size_t planned_bytes(graph::Graph graph, const CompileOptions& options) {
  finish(graph, options);
  return plan_memory(graph, plan_options(options)).bytes;
}

Executable::Executable(graph::Graph graph, Bindings bindings,
                       CompileOptions options)
    : graph_(std::move(graph)),
      bindings_(std::move(bindings)),
      options_(std::move(options)) {
  require_precision(options_);
  finish(graph_, options_);
  for (std::size_t v = 0; v < graph_.values().size(); ++v) {
    const graph::Value& value = graph_.values()[v];
    if (value.role != Role::weight && value.role != Role::state) continue;
    const auto bound = bindings_.find(static_cast<ValueId>(v));
    if (bound == bindings_.end()) {
      fail("compile: nothing is bound to '", value.name, "'");
    }
    if (bound->second.spec() != value.spec) {
      fail("compile: '", value.name, "' is ", value.spec,
           " and what is bound to it ", bound->second.spec());
    }
  }
  const ConstantPart part = constant_part(graph_);
  const MemoryPlan plan = plan_memory(graph_, plan_options(options_));
  offsets_ = plan.offsets;
  workspace_offset_ = aligned(plan.bytes);
  for (std::size_t i = 0; i < graph_.nodes().size(); ++i) {
    const graph::Node& node = graph_.nodes()[i];
    const Signature signature{.inputs = graph_.specs(node.inputs),
                              .outputs = graph_.specs(node.outputs),
                              .precision = options_.precision};
    Step step;
    try {
      step.kernel = make_kernel(options_.device, node.operation, signature);
    } catch (const Error& error) {
      fail(node.name, ": ", error.what());
    }
    step.inputs.resize(node.inputs.size());
    step.outputs.resize(node.outputs.size());
    if (options_.enables("prepare_once")) {
      step.constant = part.nodes[i];
      const auto* prepared = step.kernel.run.target<PreparedRun>();
      if (!step.constant && prepared != nullptr &&
          part.values[index(node.inputs[1])]) {
        step.prepared_offset = workspace_offset_;
        workspace_offset_ += aligned(prepared->bytes);
      }
    }
    workspace_bytes_ = std::max(workspace_bytes_, step.kernel.workspace_bytes);
    steps_.push_back(std::move(step));
    for (const std::size_t input :
         graph::writes_of(node.operation, node.inputs.size())) {
      written_.push_back(node.inputs[input]);
    }
  }
  const auto is_prepared = [](const Step& step) {
    return step.constant || step.prepared_offset;
  };
  if (std::ranges::any_of(steps_, is_prepared)) {
    for (const auto& [id, tensor] : bindings_) {
      if (part.values[index(id)]) sources_.push_back({.tensor = tensor});
    }
  }
  arena_bytes_ = workspace_offset_ + aligned(workspace_bytes_);
  if (!options_.arena) {
    options_.arena = std::make_shared<Arena>(options_.device);
  }
  try {
    options_.arena->reserve(arena_bytes_);
    bind();
  } catch (cuda::OutOfMemory& error) {
    error.workspace_bytes = workspace_bytes_;
    throw;
  }
}

void* Executable::address(ValueId id) const {
  const auto bound = bindings_.find(id);
  if (bound != bindings_.end()) {
    return on_gpu() ? bound->second.device() : bound->second.raw();
  }
  const std::size_t offset = offsets_[index(id)];
  if (offset == MemoryPlan::kNowhere) return nullptr;
  return options_.arena->base() + offset;
}

void Executable::bind() {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const graph::Node& node = graph_.nodes()[i];
    for (std::size_t j = 0; j < node.inputs.size(); ++j) {
      steps_[i].inputs[j] = address(node.inputs[j]);
    }
    if (steps_[i].prepared_offset) {
      steps_[i].given_weights =
          std::exchange(steps_[i].inputs[1],
                        options_.arena->base() + *steps_[i].prepared_offset);
    }
    for (std::size_t j = 0; j < node.outputs.size(); ++j) {
      steps_[i].outputs[j] = address(node.outputs[j]);
    }
  }
  bound_to_ = options_.arena->base();
  views_.clear();
  recording_.reset();
}

Tensor Executable::view(ValueId id) {
  if (bound_to_ != options_.arena->base()) bind();
  const TensorSpec& spec = graph_.value(id).spec;
  if (!on_gpu()) return {spec, address(id), nullptr};
  const auto bound = bindings_.find(id);
  if (bound != bindings_.end()) return bound->second;
  const auto [known, is_new] = views_.try_emplace(id);
  if (is_new) {
    known->second = Tensor(spec, Storage::on_device(address(id), spec.bytes()));
  }
  return known->second;
}

Tensor Executable::input(std::string_view name) {
  for (std::size_t v = 0; v < graph_.values().size(); ++v) {
    const graph::Value& value = graph_.values()[v];
    if (value.role == Role::input && value.name == name) {
      claim_arena();
      return view(static_cast<ValueId>(v));
    }
  }
  fail("executable: no input is named '", name, "'");
}

bool Executable::has_input(std::string_view name) const {
  for (const graph::Value& value : graph_.values()) {
    if (value.role == Role::input && value.name == name) return true;
  }
  return false;
}

bool Executable::has_output(std::string_view name) const {
  return std::any_of(
      graph_.outputs().begin(), graph_.outputs().end(),
      [name](const auto& output) { return output.first == name; });
}

Tensor Executable::output(std::string_view name) {
  for (const auto& [output, id] : graph_.outputs()) {
    if (output == name) return view(id);
  }
  fail("executable: no output is named '", name, "'");
}

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

std::size_t Executable::bfloat16_operations() const {
  const auto uses = [&](const graph::Node& node) {
    return !std::holds_alternative<graph::Cast>(node.operation) &&
           has_bfloat16({.inputs = graph_.specs(node.inputs),
                         .outputs = graph_.specs(node.outputs)});
  };
  return static_cast<std::size_t>(
      std::count_if(graph_.nodes().begin(), graph_.nodes().end(), uses));
}

graph::Cost Executable::cost() const {
  graph::Cost total;
  for (const graph::Node& node : graph_.nodes()) {
    const graph::Cost cost = graph::cost_of(
        node.operation, graph_.specs(node.inputs), graph_.specs(node.outputs));
    total.flops += cost.flops;
    total.bytes += cost.bytes;
  }
  return total;
}

std::string Executable::summary() const {
  PlainText text;
  text << std::left << std::setw(48) << "operation" << std::setw(22) << "output"
       << std::right << std::setw(10) << "MFLOP" << std::setw(10) << "MB"
       << "  kernel\n";
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const graph::Node& node = graph_.nodes()[i];
    const graph::Cost cost = graph::cost_of(
        node.operation, graph_.specs(node.inputs), graph_.specs(node.outputs));
    text << std::left << std::setw(48) << node.name.substr(0, 47)
         << std::setw(22)
         << (node.outputs.empty() ? ""
                                  : to_string(graph_.shape(node.outputs[0])))
         << std::right << std::fixed << std::setprecision(1) << std::setw(10)
         << cost.flops / 1e6 << std::setw(10) << cost.bytes / 1e6 << "  "
         << steps_[i].kernel.implementation << '\n';
  }
  const graph::Cost total = cost();
  text << steps_.size() << " operations, " << total.flops / 1e9 << " GFLOP, "
       << total.bytes / 1e6 << " MB moved; arena "
       << static_cast<double>(arena_bytes_) / 1e6 << " MB, of it workspace "
       << static_cast<double>(workspace_bytes_) / 1e6 << " MB\n";
  const auto prepared = std::ranges::count_if(
      steps_, [](const Step& step) { return step.constant; });
  if (prepared > 0) {
    text << prepared << " of them run only when weights have changed\n";
  }
  return text.str();
}

}  // namespace lathe
