#include "train/extended_model.h"

#include <array>
#include <chrono>

namespace lathe::train {

ExtendedModel::ExtendedModel(models::Model model,
                             augment::Pipeline augmentation,
                             TrainerOptions options)
    : Trainer(std::move(model), std::move(options)),
      augmentation_(std::move(augmentation)) {
  augmentation_.refuse_in("the training step");
}

StepResult ExtendedModel::train_step(Batch& batch) {
  augment(batch);
  return Trainer::train_step(batch);
}

SampleTransform ExtendedModel::in_loader(const augment::Pipeline& augmentation,
                                         std::uint64_t seed,
                                         float image_scale) {
  return [augmentation, seed, image_scale](
             const Tensor& image, const Tensor& target, std::uint32_t sample_id,
             std::uint32_t epoch, const Tensor& result) {
    const auto batch_of_one = [](const Tensor& tensor) {
      const Shape& shape = tensor.shape();
      return tensor.reshaped({1, shape[0], shape[1], shape[2]});
    };
    thread_local augment::Workspace workspace;
    thread_local Tensor source;
    const bool is_mask = target.shape().rank() == 3;
    if (is_mask) {
      if (source.empty() || source.spec() != target.spec()) {
        source = Tensor(target.shape(), target.dtype());
      }
      source.copy_from(target);
    }
    const std::array<std::uint32_t, 1> ids{sample_id};
    augmentation.apply({.images = batch_of_one(image),
                        .masks = is_mask ? batch_of_one(source) : Tensor()},
                       {.seed = seed, .epoch = epoch, .sample_ids = ids},
                       {.images = batch_of_one(result),
                        .masks = is_mask ? batch_of_one(target) : Tensor(),
                        .scale = image_scale},
                       workspace);
  };
}

void ExtendedModel::augment(Batch& batch) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const Tensor images = image_buffer(batch.images.shape()[0]);
  const bool has_masks = batch.targets.shape().rank() == 4;
  if (has_masks && (masks_.empty() || masks_.spec() != batch.targets.spec())) {
    masks_ = Tensor(batch.targets.shape(), batch.targets.dtype());
  }
  augmentation_.apply(
      {.images = batch.images, .masks = has_masks ? batch.targets : Tensor()},
      {.seed = options().seed,
       .epoch = batch.epoch,
       .sample_ids = batch.sample_ids},
      {.images = images, .masks = masks_, .scale = image_scale()}, workspace_,
      options().device);
  batch.images = images;
  if (has_masks) batch.targets = masks_;
  augmentation_milliseconds_ =
      std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

}  // namespace lathe::train
