#include "train/step_result.h"

#include <cmath>

#include "core/error.h"

namespace lathe::train {
namespace {

// A tensor of the output's, or where it stays on the GPU one that it is sent
// to.
Tensor read(Executable& executable, std::string_view name, Tensor& kept,
            Device device) {
  if (!executable.has_output(name)) return {};
  Tensor output = executable.output(name);
  if (device != Device::cuda) return output;
  if (kept.empty() || kept.spec() != output.spec()) {
    kept = Tensor::pinned(output.spec());
  }
  kept.receive(output);
  return kept;
}

}  // namespace

double finite_loss(const StepLoss& loss, std::int64_t step) {
  const double value = loss;
  if (!std::isfinite(value)) {
    fail("train_step: the loss is ", value, " at step ", step,
         "; the last checkpoint is from before it. A smaller learning rate "
         "often helps");
  }
  return value;
}

StepResult StepResults::take(Executable& executable, const Batch& batch) {
  kept_.resize(kBehind + 1);
  Kept& kept = kept_[next_++ % kept_.size()];
  const auto output = [&](std::string_view name, Tensor& place) {
    return read(executable, name, place, device_);
  };
  StepResult result{
      .loss = StepLoss(output("loss", kept.loss)),
      .counts = {.confusion = output("confusion", kept.counts.confusion),
                 .truth = output("truth", kept.counts.truth),
                 .predicted = output("predicted", kept.counts.predicted),
                 .top_5 = output("top_5", kept.counts.top_5)}};
  if (!result.counts.predicted.empty() && result.counts.truth.empty()) {
    result.counts.truth = batch.targets;
    if (device_ == Device::cuda) {
      // The loader fills the batch's memory again.
      if (kept.truth.empty() || kept.truth.spec() != batch.targets.spec()) {
        kept.truth = batch.targets.clone();
      } else {
        kept.truth.copy_from(batch.targets);
      }
      result.counts.truth = kept.truth;
    }
  }
  return result;
}

}  // namespace lathe::train
