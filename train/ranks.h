#pragma once

#include <memory>
#include <vector>

#include "core/communication/communicator.h"
#include "models/model.h"
#include "train/data/batch.h"
#include "train/data/loader.h"
#include "train/metrics.h"

namespace lathe::train {

// What ranks that train together tell each other between steps. Null is this
// process alone. Each is for all ranks to call.

/// What this rank reads of each batch.
BatchPart part_of(const std::shared_ptr<Communicator>& ranks);

/// Adds up what a step counted of each part of a batch.
class CountsOfRanks {
 public:
  explicit CountsOfRanks(std::shared_ptr<Communicator> ranks)
      : ranks_(std::move(ranks)) {}

  /// The whole batch's counts, which hold until the next call. `stop` becomes
  /// whether it was set on any rank.
  StepCounts sum(const StepCounts& own, bool& stop);

 private:
  std::shared_ptr<Communicator> ranks_;
  std::vector<std::int64_t> numbers_;
  StepCounts total_;
};

/// The batch of which each rank has a part, in the memory of `whole` where that
/// fits.
void gather(Communicator& ranks, const Batch& own, Batch& whole);

/// Makes moving statistics the means of the ranks', as if each step had moved
/// them by the mean of the ranks' statistics.
void average_statistics(Communicator& ranks, const models::Model& model);

}  // namespace lathe::train
