#pragma once

#include "augment/pipeline.h"
#include "train/trainer.h"

namespace lathe::train {

/// A trainer whose step augments the batch before the forward pass, on the
/// device where it trains: image and mask together, each sample with draws of
/// its own. Where samples are mixed, so are their labels: targets are then
/// distributions over the classes, SparseCategoricalCrossentropy becomes
/// CategoricalCrossentropy, and metrics take the class with the largest part as
/// the truth.
class ExtendedModel : public Trainer {
 public:
  /// Throws Error where samples are mixed and the model has no channel a class,
  /// masks are needed and it predicts none, or require_size() does.
  ExtendedModel(models::Model model, augment::Pipeline augmentation,
                TrainerOptions options);

  StepResult train_step(Batch& batch) override;

  /// Throws Error naming the operation where what is made of images, of the
  /// model's size or of any that is large enough, is not of the model's size.
  static void require_size(const augment::Pipeline& augmentation,
                           const models::Model& model);

  /// The augmentation as Loader's `transform`: the same draws and the same
  /// pixels, made by the threads that read instead of by the step. Throws Error
  /// where samples are mixed: the loader has one at a time.
  static SampleTransform in_loader(const augment::Pipeline& augmentation,
                                   std::uint64_t seed, float image_scale);

 protected:
  std::size_t input_bytes(std::int64_t batch_size) override;

 private:
  void augment(Batch& batch);
  Tensor whole_buffer(Shape shape);
  Tensor mixed_labels(const Batch& batch, const augment::BatchKey& key);
  /// Where masks go: to where the step takes them, if it takes them as they are
  /// and not as a part of the whole.
  Tensor mask_buffer(const TensorSpec& masks, bool whole);

  augment::Pipeline augmentation_;
  augment::Workspace workspace_;
  // Where samples of several ranks are mixed: all of them, and the images that
  // are made of them.
  Batch whole_;
  Tensor whole_images_;
  Tensor masks_;
  Tensor labels_;
};

}  // namespace lathe::train
