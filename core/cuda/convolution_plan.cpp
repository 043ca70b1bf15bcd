#include "core/cuda/convolution_plan.h"

#include <algorithm>

#include "core/cuda/convolution_graph.h"
#include "core/error.h"

namespace lathe::cuda::cudnn {
namespace {

bool has(const std::vector<cudnnBackendNumericalNote_t>& notes,
         cudnnBackendNumericalNote_t note) {
  return std::find(notes.begin(), notes.end(), note) != notes.end();
}

Descriptor engine_of(const Descriptor& config) {
  return config
      .get(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR, 1)
      .at(0);
}

// Tensor cores round float32 to TF32.
bool is_wanted(const Descriptor& engine, Precision precision,
               bool deterministic) {
  const auto notes = engine.get<cudnnBackendNumericalNote_t>(
      CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_NUMERICAL_NOTE_TYPE_COUNT);
  if (deterministic && has(notes, CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC)) {
    return false;
  }
  if (has(notes, CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS) ||
      has(notes, CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION)) {
    return false;
  }
  return precision != Precision::fp32 ||
         !has(notes, CUDNN_NUMERICAL_NOTE_TENSOR_CORE);
}

std::string name_of(const Descriptor& config, const Descriptor& engine) {
  std::string name = concat(
      "engine ", engine.get<std::int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX),
      ", knobs");
  const auto knobs =
      config.get(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES,
                 CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR, CUDNN_KNOB_TYPE_COUNTS);
  for (const Descriptor& knob : knobs) {
    name += concat(
        " ", knob.get<cudnnBackendKnobType_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE),
        "=", knob.get<std::int64_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE));
  }
  return name;
}

std::vector<Descriptor> configs(const Descriptor& graph,
                                cudnnBackendHeurMode_t mode,
                                const Target& target) {
  Descriptor heuristic(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristic.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph);
  heuristic.set(CUDNN_ATTR_ENGINEHEUR_MODE, mode);
  target.add_to(heuristic, {}, CUDNN_ATTR_ENGINEHEUR_DEVICEPROP);
  if (!heuristic.try_to_finalize()) return {};
  const std::int64_t count = heuristic.count(CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                             CUDNN_TYPE_BACKEND_DESCRIPTOR);
  return heuristic.get(CUDNN_ATTR_ENGINEHEUR_RESULTS,
                       CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, count);
}

}  // namespace

Target::Target(std::string_view description) {
  Descriptor properties(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
  properties.set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION,
                 std::span<const char>(description));
  properties_ = properties.finalize();
}

void Target::add_to(
    Descriptor& descriptor,
    std::optional<cudnnBackendAttributeName_t> handle_name,
    std::optional<cudnnBackendAttributeName_t> properties_name) const {
  if (properties_) {
    if (properties_name) descriptor.set(*properties_name, *properties_);
  } else if (handle_name) {
    descriptor.set(*handle_name, handle(nullptr));
  }
}

std::vector<Candidate> candidates(const ConvolutionProblem& problem,
                                  const Target& target,
                                  const CandidateOptions& options) {
  Descriptor graph = convolution_graph(problem);
  target.add_to(graph, CUDNN_ATTR_OPERATIONGRAPH_HANDLE, {});
  graph.finalize();
  const auto mode =
      options.fallback ? CUDNN_HEUR_MODE_FALLBACK : CUDNN_HEUR_MODE_A;
  std::vector<Candidate> results;
  for (const Descriptor& config : configs(graph, mode, target)) {
    const Descriptor engine = engine_of(config);
    if (!is_wanted(engine, problem.precision, options.deterministic)) continue;
    results.push_back(
        {.graph = graph, .config = config, .name = name_of(config, engine)});
  }
  return results;
}

Plan::Plan(const Candidate& candidate, const Target& target)
    : plan_(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR) {
  plan_.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, candidate.config);
  target.add_to(plan_, CUDNN_ATTR_EXECUTION_PLAN_HANDLE,
                CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP);
  plan_.finalize();
  workspace_bytes_ = static_cast<std::size_t>(
      plan_.get<std::int64_t>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE));
}

void Plan::run(const ConvolutionMemory& memory, void* stream) const {
  std::vector<std::int64_t> ids{kImage, kWeights, kResult};
  std::vector<void*> pointers{memory.image, memory.weights, memory.result};
  if (memory.bias != nullptr) {
    ids.push_back(kBias);
    pointers.push_back(const_cast<void*>(memory.bias));
  }
  Descriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS,
           std::span<const std::int64_t>(ids));
  pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS,
           std::span<void* const>(pointers));
  pack.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, memory.workspace);
  pack.finalize();
  check(functions().execute(handle(stream), plan_.raw(), pack.raw()),
        "cudnnBackendExecute");
}

}  // namespace lathe::cuda::cudnn
