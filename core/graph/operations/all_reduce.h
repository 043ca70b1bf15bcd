#pragma once

#include <memory>

#include "core/communication/communicator.h"
#include "core/graph/operations/common.h"

namespace lathe::graph {

/// Values that are summed over ranks together, between the two nodes that begin
/// and end it.
struct ReductionBucket {
  std::shared_ptr<Communicator> ranks;
  /// On the CPU, the values one after the other, and Reductions' number.
  std::vector<float> values = {};
  std::int64_t number = 0;
  /// On a GPU, what its kernels keep.
  std::shared_ptr<void> device = {};
};

/// Begins to replace values (float32) by their sums over ranks, while other
/// nodes run; nobody may read them before WaitAllReduce of the same bucket and
/// inputs. No outputs.
struct StartAllReduce {
  static constexpr std::string_view kName = "start_all_reduce";
  std::shared_ptr<ReductionBucket> bucket;

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
  std::vector<std::size_t> writes(std::size_t input_count) const;
};

/// Ends it: from here on the values are the sums. No outputs.
struct WaitAllReduce {
  static constexpr std::string_view kName = "wait_all_reduce";
  std::shared_ptr<ReductionBucket> bucket;

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
  std::vector<std::size_t> writes(std::size_t input_count) const;
};

/// The part of the batch's targets that a rank has: how many of its own count
/// in the loss, divided by how many of all ranks do; 0 where none does. With
/// it, losses and gradients of the ranks' own means add up to those of the
/// whole batch. Input: targets as the losses have them, class ids or float32
/// distributions (..., classes). Output: float32 (1).
struct TargetShare {
  static constexpr std::string_view kName = "target_share";
  std::shared_ptr<Communicator> ranks;

  Specs output_specs(SpecSpan inputs) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

}  // namespace lathe::graph
