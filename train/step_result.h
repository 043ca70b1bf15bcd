#pragma once

#include <cstdint>
#include <vector>

#include "core/compiler/executable.h"
#include "train/data/batch.h"
#include "train/metrics.h"

namespace lathe::train {

/// The loss of a step, a double. A GPU may not have computed it yet: who asks
/// for it then waits.
class StepLoss {
 public:
  StepLoss(double value = 0) : value_(value) {}
  /// float32 of one element.
  explicit StepLoss(Tensor tensor) : tensor_(std::move(tensor)) {}

  operator double() const {
    return tensor_.empty() ? value_ : tensor_.values<float>()[0];
  }
  void wait() const { static_cast<void>(double{*this}); }

 private:
  Tensor tensor_;
  double value_ = 0;
};

/// The loss of that step. Throws Error where it is not finite.
double finite_loss(const StepLoss& loss, std::int64_t step);

/// The result of one step on one batch.
struct StepResult {
  /// Of the whole batch, also where this rank has a part of it.
  StepLoss loss = 0;
  /// Of this rank's part of it. For ConfusionCounts::add(); holds for
  /// StepResults::kBehind more steps, and without a GPU until the next one.
  StepCounts counts;
};

/// The results of an executable's steps. A GPU's are on their way to the host
/// while it goes on with the next step.
class StepResults {
 public:
  /// After so many steps more a result must have been read.
  static constexpr std::size_t kBehind = 4;

  explicit StepResults(Device device) : device_(device) {}

  /// How many of them may wait to be read.
  std::size_t behind() const { return device_ == Device::cuda ? kBehind : 0; }

  /// That of the last run, with this batch.
  StepResult take(Executable& executable, const Batch& batch);

 private:
  // Memory of a result, from when it is first needed.
  struct Kept {
    Tensor loss;
    StepCounts counts;
    Tensor truth;
  };

  Device device_;
  std::vector<Kept> kept_;
  std::size_t next_ = 0;
};

}  // namespace lathe::train
