#include "train/extended_model.h"

#include <array>
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

SampleTransform ExtendedModel::in_loader(const augment::Pipeline& augmentation,
                                         std::uint64_t seed,
                                         float image_scale) {
  return [augmentation, seed, image_scale](
             const Tensor& image, const Tensor& mask, std::uint32_t sample_id,
             std::uint32_t epoch, const Tensor& result) {
    const auto batch_of_one = [](const Tensor& tensor) {
      const Shape& shape = tensor.shape();
      return tensor.reshaped({1, shape[0], shape[1], shape[2]});
    };
    thread_local augment::Workspace workspace;
    thread_local Tensor source;
    if (source.empty() || source.spec() != mask.spec()) {
      source = Tensor(mask.shape(), mask.dtype());
    }
    source.copy_from(mask);
    const std::array<std::uint32_t, 1> ids{sample_id};
    augmentation.apply(
        {.images = batch_of_one(image), .masks = batch_of_one(source)},
        {.seed = seed, .epoch = epoch, .sample_ids = ids},
        {.images = batch_of_one(result),
         .masks = batch_of_one(mask),
         .scale = image_scale},
        workspace);
  };
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
      {.images = images, .masks = masks_, .scale = image_scale()}, workspace_,
      options().device);
  batch.images = images;
  batch.masks = masks_;
  augmentation_milliseconds_ =
      std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

}  // namespace lathe::train
