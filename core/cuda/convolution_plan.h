#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/cuda/convolution_problem.h"
#include "core/cuda/cudnn.h"

namespace lathe::cuda::cudnn {

/// Where plans are to run: the current device, or one described to cuDNN in
/// JSON, for which plans can be made but not run on a machine without it.
class Target {
 public:
  /// The current device.
  Target() = default;
  explicit Target(std::string_view description);

  /// Sets whichever a descriptor is to know the target by: the handle of the
  /// current device, or the description.
  void add_to(Descriptor& descriptor,
              std::optional<cudnnBackendAttributeName_t> handle_name,
              std::optional<cudnnBackendAttributeName_t> properties_name) const;

 private:
  std::optional<Descriptor> properties_;
};

/// One way to compute a problem: an engine and its settings.
struct Candidate {
  Descriptor graph;
  Descriptor config;
  /// "engine 38, knobs 12=1 24=7": the same for the same choice in any process
  /// with the same version of cuDNN.
  std::string name;
};

/// Which candidates to look for. All keep to their problem's precision.
struct CandidateOptions {
  /// Only those that give the same bits run after run.
  bool deterministic = true;
  /// Not those that are expected to be fast, but those expected to work.
  bool fallback = false;
};

/// The candidates that cuDNN's heuristics give, the one expected to be fastest
/// first. May be empty.
std::vector<Candidate> candidates(const ConvolutionProblem& problem,
                                  const Target& target,
                                  const CandidateOptions& options = {});

/// The memory of a run. `image`, `weights` and `result` are of the problem,
/// whatever is computed from what.
struct ConvolutionMemory {
  void* image = nullptr;
  void* weights = nullptr;
  void* result = nullptr;
  const void* bias = nullptr;
  void* workspace = nullptr;
};

/// A candidate made ready to run.
class Plan {
 public:
  /// Throws Error where the engine does not support the problem after all.
  Plan(const Candidate& candidate, const Target& target);

  std::size_t workspace_bytes() const { return workspace_bytes_; }
  /// Queues it in `stream`.
  void run(const ConvolutionMemory& memory, void* stream) const;

 private:
  Descriptor plan_;
  std::size_t workspace_bytes_ = 0;
};

}  // namespace lathe::cuda::cudnn
