#pragma once

#include <string>
#include <vector>

#include "core/compiler/executable.h"
#include "core/compiler/peaks.h"

namespace lathe {

/// What an executable's nodes took, over some runs of it, and how far that is
/// from what the device could do.
class Profile {
 public:
  struct Node {
    std::string name;
    std::string_view operation;
    std::string inputs;  ///< their types and shapes
    std::string output;  ///< the shape of the first
    std::string kernel;
    graph::Cost cost;
    double milliseconds = 0;  ///< of all runs together
  };

  /// Keeps nothing of the executable.
  explicit Profile(const Executable& executable, Peaks peaks = {});

  /// What Executable::measure() returned.
  void add(const std::vector<NodeTime>& run);

  const std::vector<Node>& nodes() const { return nodes_; }
  std::size_t runs() const { return runs_; }
  /// A run's, all nodes together.
  double milliseconds() const;

  /// Two tables, the slowest first: kinds of operations, and single nodes, at
  /// most so many. A row has milliseconds a run, its share of all, GFLOP/s and
  /// GB/s by the operation's cost (what its formula says, each tensor counted
  /// once), and how much of that time the device would need at its peaks: more
  /// than all of it where values are still in the caches, or where a kernel has
  /// a shorter way than the formula, as Winograd's.
  std::string table(std::size_t slowest = 30) const;

 private:
  Device device_;
  Peaks peaks_;
  std::vector<Node> nodes_;
  std::size_t runs_ = 0;
};

}  // namespace lathe
