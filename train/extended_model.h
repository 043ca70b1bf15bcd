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

 private:
  void augment(Batch& batch);

  augment::Pipeline augmentation_;
  Tensor masks_;
};

}  // namespace lathe::train
