#include "train/extended_model.h"

#include <algorithm>
#include <array>

#include "core/error.h"

namespace lathe::train {
namespace {

TrainerOptions settled(TrainerOptions options, const models::Model& model,
                       const augment::Pipeline& augmentation) {
  const Shape& output = model.output_shape();
  const bool labels = output.rank() == 2;
  if (labels && augmentation.needs_masks()) {
    fail(
        "extended model: copy_paste needs masks, and the model predicts "
        "classes of images");
  }
  if (!labels || !augmentation.mixes()) return options;
  if (output.back() == 1) {
    fail(
        "extended model: mixed labels are distributions over classes, and the "
        "model has one channel; a channel a class would be right");
  }
  if (const auto* sparse =
          std::get_if<SparseCategoricalCrossentropy>(&options.loss)) {
    options.loss =
        CategoricalCrossentropy{.from_logits = sparse->from_logits,
                                .label_smoothing = sparse->label_smoothing};
  }
  return options;
}

}  // namespace

ExtendedModel::ExtendedModel(models::Model model,
                             augment::Pipeline augmentation,
                             TrainerOptions options)
    : Trainer(model, settled(std::move(options), model, augmentation)),
      augmentation_(std::move(augmentation)) {
  augmentation_.refuse_in("the training step");
  require_size(augmentation_, this->model());
}

void ExtendedModel::require_size(const augment::Pipeline& augmentation,
                                 const models::Model& model) {
  const Shape& input = model.input_shape();
  const augment::ImageSize taken{.height = input[1], .width = input[2]};
  // A crop makes the same of all, whatever the data's size will be.
  constexpr augment::ImageSize kLarge{.height = 1 << 15, .width = 1 << 15};
  augment::ImageSize made = augmentation.output_size(kLarge);
  if (made == kLarge) made = augmentation.output_size(taken);
  if (made == taken) return;
  std::string name;
  for (const augment::Augmentation& each : augmentation.augmentations()) {
    if (std::ranges::any_of(each.effects(), &augment::Effect::resizes)) {
      name = each.text();
    }
  }
  fail("augmentation '", name, "' makes images of ", made.height, " x ",
       made.width, ", and the model takes ", taken.height, " x ", taken.width);
}

StepResult ExtendedModel::train_step(Batch& batch) {
  augment(batch);
  return Trainer::train_step(batch);
}

SampleTransform ExtendedModel::in_loader(const augment::Pipeline& augmentation,
                                         std::uint64_t seed,
                                         float image_scale) {
  if (augmentation.mixes()) {
    fail(
        "augmentation: the loader has one sample at a time, and mixing needs "
        "the batch; the training step can do it");
  }
  if (augmentation.needs_boxes()) {
    fail(
        "augmentation: box_safe_crop needs the boxes of a sample, which the "
        "loader doesn't have");
  }
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

std::size_t ExtendedModel::input_bytes(std::int64_t batch_size) {
  const Shape& image = model().input_shape();
  const auto bytes_of = [&](std::int64_t channels) {
    const Shape shape{batch_size, image[1], image[2], channels};
    return Tensor({shape, DType::uint8}, nullptr, nullptr);
  };
  const bool has_masks = model().output_shape().rank() == 4;
  const augment::Targets batch{.images = bytes_of(image[3]),
                               .masks = has_masks ? bytes_of(1) : Tensor()};
  return augmentation_.gpu_bytes(batch) +
         kBatchPlaces * (batch.images.bytes() + batch.masks.bytes());
}

void ExtendedModel::augment(Batch& batch) {
  const auto start = Clock::now();
  const std::int64_t rows = batch.images.shape()[0];
  Tensor images = image_buffer(rows);
  // Partners may be other ranks' samples: each makes the whole batch, as one
  // process would, and takes its part.
  const bool whole = options().ranks && augmentation_.mixes();
  if (whole) {
    gather(*options().ranks, batch, whole_);
    images = whole_buffer(images.shape());
  }
  const Batch& source = whole ? whole_ : batch;
  const bool has_masks = source.targets.shape().rank() == 4;
  const Tensor masks =
      has_masks ? mask_buffer(source.targets.spec(), whole) : Tensor();
  const augment::BatchKey key{.seed = options().seed,
                              .epoch = source.epoch,
                              .sample_ids = source.sample_ids};
  augmentation_.apply(
      {.images = source.images, .masks = has_masks ? source.targets : Tensor()},
      key, {.images = images, .masks = masks, .scale = image_scale()},
      workspace_, options().device);
  Tensor targets = source.targets;
  if (has_masks) {
    targets = masks;
  } else if (augmentation_.mixes()) {
    targets = mixed_labels(source, key);
  }
  if (whole) {
    const std::int64_t first = options().ranks->rank() * rows;
    targets = targets.rows(first, rows);
    images = images.rows(first, rows);
  }
  batch.targets = targets;
  batch.images = images;
  times_.augmentation = {start, Clock::now()};
}

Tensor ExtendedModel::whole_buffer(Shape shape) {
  shape[0] *= options().ranks->size();
  if (whole_images_.empty() || whole_images_.shape() != shape) {
    whole_images_ = Tensor(shape);
  }
  return whole_images_;
}

Tensor ExtendedModel::mask_buffer(const TensorSpec& masks, bool whole) {
  const Tensor buffer = whole ? Tensor() : target_buffer(masks);
  if (!buffer.empty()) return buffer;
  if (masks_.empty() || masks_.spec() != masks) {
    masks_ = Tensor(masks.shape, masks.dtype);
  }
  return masks_;
}

Tensor ExtendedModel::mixed_labels(const Batch& batch,
                                   const augment::BatchKey& key) {
  const Shape& images = batch.images.shape();
  const Shape labels{images[0], model().output_shape().back()};
  if (labels_.empty() || labels_.shape() != labels) labels_ = Tensor(labels);
  augmentation_.mix_labels(batch.targets, key,
                           {.height = images[1], .width = images[2]}, labels_,
                           workspace_);
  return labels_;
}

}  // namespace lathe::train
