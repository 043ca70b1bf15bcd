#pragma once

#include "augment/pipeline.h"
#include "train/trainer.h"

namespace lathe::train {

/// A trainer whose step augments the batch before the forward pass, on the
/// device where it trains: image and mask together, each sample with draws of
/// its own.
class ExtendedModel : public Trainer {
 public:
  ExtendedModel(models::Model model, augment::Pipeline augmentation,
                TrainerOptions options);

  StepResult train_step(Batch& batch) override;

  /// The augmentation as Loader's `transform`: the same draws and the same
  /// pixels, made by the threads that read instead of by the step.
  static SampleTransform in_loader(const augment::Pipeline& augmentation,
                                   std::uint64_t seed, float image_scale);

 private:
  void augment(Batch& batch);

  augment::Pipeline augmentation_;
  augment::Workspace workspace_;
  Tensor masks_;
};

}  // namespace lathe::train
