#include "core/compiler/executable.h"

#include <algorithm>
#include <utility>

#include "core/compiler/backend.h"
#include "core/compiler/bfloat16_choice.h"
#include "core/compiler/constant_part.h"
#include "core/compiler/memory_plan.h"
#include "core/compiler/recompute.h"
#include "core/cuda/memory.h"
#include "core/error.h"
#include "core/graph/passes/passes.h"

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
  if (options.low_memory) {
    recompute(graph, Recomputed::whatever_is_cheap, plan_options(options));
  } else if (options.device == Device::cuda &&
             options.enables("recompute_gated_images")) {
    recompute(graph, Recomputed::gated_images, plan_options(options));
  }
}

}  // namespace

bool CompileOptions::enables(std::string_view pass) const {
  return std::find(disabled_passes.begin(), disabled_passes.end(), pass) ==
         disabled_passes.end();
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
                              .precision = options_.precision,
                              .winograd = options_.enables("winograd"),
                              .digits = options_.enables("digits")};
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

}  // namespace lathe
