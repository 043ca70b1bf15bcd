// Trains a U-Net on two folders and predicts with the file it wrote.
//   example_segmentation IMAGES MASKS

#include <cstdio>

#include "augment/random_flip.h"
#include "core/image/read_image.h"
#include "core/image/resize.h"
#include "models/keras_file.h"
#include "models/unet.h"
#include "train/callbacks/model_checkpoint.h"
#include "train/callbacks/progress_bar.h"
#include "train/data/segmentation_folder.h"
#include "train/extended_model.h"

int main(int count, char** arguments) {
  if (count != 3) return 2;
  auto model = lathe::models::unet({.size = {224, 224}, .classes = 1});
  const auto data = lathe::train::SegmentationFolder{
      arguments[1], arguments[2], {.size = {224, 224}, .batch_size = 16}};

  lathe::train::ExtendedModel trainer{
      model,
      {lathe::augment::RandomFlip{"horizontal_and_vertical"}},
      {.optimizer = lathe::train::Adam{.learning_rate = 1e-3},
       .loss = lathe::train::BinaryCrossentropy{},
       .metrics = {"accuracy"}}};
  trainer.fit(
      data, {.epochs = 2,
             .callbacks = {lathe::train::ProgressBar{},
                           lathe::train::ModelCheckpoint{
                               "model.{epoch:02d}-{loss:.3f}.keras",
                               {.monitor = "loss", .save_best_only = true}}}});
  trainer.save("model.keras");

  const auto loaded = lathe::models::load("model.keras");
  lathe::Tensor images({1, 224, 224, 3}, lathe::DType::uint8);
  data.read(0, images.rows(0, 1).reshaped({224, 224, 3}),
            lathe::Tensor({224, 224, 1}, lathe::DType::uint8));
  const lathe::Tensor masks = loaded.predict(images);
  std::printf("the first pixel belongs to the object with probability %.3f\n",
              static_cast<double>(masks.values<float>()[0]));
}
