#include "train/extended_model.h"

#include <chrono>

namespace lathe::train {

ExtendedModel::ExtendedModel(models::Model model,
                             augment::Pipeline augmentation,
                             TrainerOptions options)
    : Trainer(std::move(model), std::move(options)),
      augmentation_(std::move(augmentation)) {}

StepResult ExtendedModel::train_step(Batch& batch) {
  augment(batch);
  return Trainer::train_step(batch);
}

void ExtendedModel::augment(Batch& batch) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const Tensor images = image_buffer(batch.images.shape()[0]);
  if (masks_.empty() || masks_.spec() != batch.masks.spec()) {
    masks_ = Tensor(batch.masks.shape(), batch.masks.dtype());
  }
  augmentation_.apply(
      {.images = batch.images, .masks = batch.masks},
      {.seed = options().seed,
       .epoch = batch.epoch,
       .sample_ids = batch.sample_ids},
      {.images = images, .masks = masks_, .scale = image_scale()});
  batch.images = images;
  batch.masks = masks_;
  augmentation_milliseconds_ =
      std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

}  // namespace lathe::train
