#pragma once

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

  /// Completes a heuristic's or a plan's descriptor.
  void add_to(Descriptor& descriptor, cudnnBackendAttributeName_t name) const;
  bool is_described() const { return !properties_.empty(); }

 private:
  std::vector<Descriptor> properties_;
};

/// One way to compute a problem: an engine and its settings.
struct Candidate {
  Descriptor config;
  /// "engine 38, knobs 12=1 24=7": the same for the same choice in any process
  /// with the same version of cuDNN.
  std::string name;
};

/// Which engines will do. All keep to their problem's precision.
struct EngineFilter {
  /// Only those that give the same bits run after run.
  bool deterministic = true;
};

/// The candidates that cuDNN's heuristics give, the one expected to be fastest
/// first, and after them those that are only expected to work. May be empty.
std::vector<Candidate> candidates(const ConvolutionProblem& problem,
                                  const Target& target,
                                  const EngineFilter& filter = {});

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
