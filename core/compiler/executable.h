#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/compiler/arena.h"
#include "core/cuda/recording.h"
#include "core/device.h"
#include "core/graph/graph.h"
#include "core/kernel.h"
#include "core/precision.h"
#include "core/prepared_run.h"

namespace lathe {

struct CompileOptions {
  Device device = Device::cpu;
  Precision precision = Precision::fp32;
  /// Passes not to run, by name (graph/passes/passes.h).
  std::vector<std::string> disabled_passes;
  /// Let a training step compute cheap values again in its backward pass
  /// rather than keep them (compiler/recompute.h).
  bool low_memory = false;
  /// Executables that never run at once may share their memory.
  std::shared_ptr<Arena> arena;
  /// On a GPU: give it all nodes of a run by one call, a CUDA graph recorded in
  /// the second run.
  bool capture = true;

  /// Whether the pass of that name is to run.
  bool enables(std::string_view pass) const;
};

/// Bytes of an arena for what such a graph computes, without the workspace of
/// its kernels; none of it is made.
std::size_t planned_bytes(graph::Graph graph, const CompileOptions& options);

/// When a node of a run was under way.
struct NodeTime {
  double start = 0;  ///< milliseconds since the start of the run
  double milliseconds = 0;
};

/// A graph made ready to run again and again: every kernel chosen and built,
/// every value at a fixed place. Running it allocates nothing, and on a GPU
/// waits for nothing.
class Executable {
 public:
  /// The caller's memory for each weight and state of the graph.
  using Bindings = std::map<graph::ValueId, Tensor>;

  Executable(graph::Graph graph, Bindings bindings, CompileOptions options);

  /// Where to put an input before run(), and where an output is after it. Valid
  /// as long as the arena doesn't grow, that is until another executable is
  /// compiled into it. A GPU gets an input when it runs, and an output leaves
  /// it, once it is computed, when somebody looks at the tensor's elements.
  Tensor input(std::string_view name);
  Tensor output(std::string_view name);
  bool has_input(std::string_view name) const;
  bool has_output(std::string_view name) const;

  void run();
  /// Why runs are not recorded as a CUDA graph though that was asked for; empty
  /// where they are, or will be.
  const std::string& capture_failure() const { return capture_failure_; }

  const graph::Graph& graph() const { return graph_; }
  Device device() const { return options_.device; }
  std::size_t arena_bytes() const { return arena_bytes_; }
  std::size_t workspace_bytes() const { return workspace_bytes_; }
  graph::Cost cost() const;
  /// How many of the nodes compute with bfloat16.
  std::size_t bfloat16_operations() const;

  /// How often what follows from weights alone was computed: once, and again
  /// in the first run after any of them may have changed, or after another
  /// executable has used the same arena.
  std::size_t preparations() const { return preparations_; }
  /// Whether a node is a part of that, and not of each run.
  bool is_prepared(std::size_t node) const { return steps_[node].constant; }

  /// A table of the nodes: kernels, FLOPs, bytes; and the arena's size.
  std::string summary() const;
  /// A run with each node timed, in the order of graph().nodes(): on a GPU one
  /// by one, by events, and it waits for the last. The result is that of run().
  /// What was to be prepared is, before.
  std::vector<NodeTime> measure();
  /// What was chosen for a node: "brgemm:avx512_core", "own".
  const std::string& implementation(std::size_t node) const {
    return steps_[node].kernel.implementation;
  }

 private:
  struct Step {
    Kernel kernel;
    std::vector<void*> inputs;
    std::vector<void*> outputs;
    // Part of what is prepared.
    bool constant = false;
    // For a PreparedRun whose weights don't change: where the arena keeps them
    // rearranged, as input 1, and where they are as given.
    std::optional<std::size_t> prepared_offset;
    void* given_weights = nullptr;
  };
  // A weight or state that nodes don't write, and its version when what
  // follows from it was computed.
  struct Source {
    Tensor tensor;
    std::optional<std::uint64_t> version;
  };

  void* address(graph::ValueId id) const;
  Tensor view(graph::ValueId id);
  void bind();
  // Makes everything ready for the nodes of a run.
  void prepare();
  void claim_arena();
  // Computes what follows from weights alone, if it isn't there.
  void compute_constants();
  KernelArguments arguments(std::span<void* const> inputs,
                            std::span<void* const> outputs) const;
  void run(const Step& step) const;
  void run_nodes() const;
  // Milliseconds to the start of a run's first node, and to the end of each.
  std::vector<double> timed_nodes() const;
  // Runs as a CUDA graph; false where it can't.
  bool replay();
  // Gives the GPU what was written on the host, and takes what it computes for
  // newer.
  void exchange_with_gpu();
  // Takes the weights and states that nodes write for newer.
  void count_writes();
  bool on_gpu() const { return options_.device == Device::cuda; }

  graph::Graph graph_;
  Bindings bindings_;
  CompileOptions options_;
  std::vector<std::size_t> offsets_;
  std::vector<Step> steps_;
  std::size_t workspace_offset_ = 0;
  std::size_t workspace_bytes_ = 0;
  std::size_t arena_bytes_ = 0;
  const void* bound_to_ = nullptr;
  // The tensors of inputs and outputs that somebody asked for.
  std::map<graph::ValueId, Tensor> views_;
  // What nodes write among weights and states.
  std::vector<graph::ValueId> written_;
  std::vector<Source> sources_;
  bool is_prepared_ = false;
  std::size_t preparations_ = 0;
  bool has_run_ = false;
  // Of all nodes, at the addresses they are bound to.
  std::optional<cuda::Recording> recording_;
  std::string capture_failure_;
};

}  // namespace lathe
