// Trains a model with a layer and an augmentation of one's own, on two folders
// or, without them, on generated scenes; then predicts from its file.
//   own_project [IMAGES MASKS]

#include <cstdio>
#include <exception>
#include <memory>

#include "augment/random_flip.h"
#include "dusk.h"
#include "layer_scale.h"
#include "layers/add.h"
#include "layers/batch_normalization.h"
#include "layers/conv2d.h"
#include "layers/input.h"
#include "layers/registry.h"
#include "layers/up_sampling2d.h"
#include "models/keras_file.h"
#include "train/callbacks/model_checkpoint.h"
#include "train/callbacks/progress_bar.h"
#include "train/data/scene_set.h"
#include "train/data/segmentation_folder.h"
#include "train/extended_model.h"

namespace {

using namespace lathe::layers;

lathe::models::Model scaled_residuals() {
  const auto convolution = [](std::int64_t filters, std::int64_t strides) {
    return Conv2D({.filters = filters,
                   .kernel_size = 3,
                   .strides = strides,
                   .padding = Padding::same,
                   .activation = ActivationFunction::relu});
  };
  const Symbol input = Input({.shape = {64, 64, 3}});
  Symbol x = BatchNormalization()(convolution(16, 2)(input));
  for (int block = 0; block < 2; ++block) {
    const Symbol side = LayerScale({.initial_value = 0.1})(
        BatchNormalization()(convolution(16, 1)(x)));
    x = Add()({x, side});
  }
  x = UpSampling2D({.size = 2})(x);
  x = Conv2D({.filters = 1,
              .kernel_size = 1,
              .activation = ActivationFunction::sigmoid})(x);
  return lathe::models::Model(input, x, "scaled_residuals");
}

std::unique_ptr<lathe::train::Dataset> data_of(int count, char** arguments) {
  if (count == 3) {
    return std::make_unique<lathe::train::SegmentationFolder>(
        arguments[1], arguments[2],
        lathe::train::SegmentationFolderOptions{.size = {64, 64},
                                                .batch_size = 16});
  }
  return std::make_unique<lathe::train::SceneSet>(lathe::train::SceneSetOptions{
      .size = {64, 64}, .count = 128, .batch_size = 16});
}

void run(int count, char** arguments) {
  register_layer("LayerScale", LayerScale::from_config);
  lathe::models::Model model = scaled_residuals();
  const auto data = data_of(count, arguments);
  lathe::train::ExtendedModel trainer{
      model,
      {lathe::augment::RandomFlip{"horizontal"}, Dusk{}},
      {.optimizer = lathe::train::Adam{.learning_rate = 1e-2},
       .metrics = {"accuracy", "iou"}}};
  trainer.fit(*data, {.epochs = 3,
                      .callbacks = {lathe::train::ProgressBar{},
                                    lathe::train::ModelCheckpoint{
                                        "model.keras", {.monitor = "loss"}}}});

  const auto loaded = lathe::models::load("model.keras");
  const lathe::Tensor images({1, 64, 64, 3}, lathe::DType::uint8);
  const float difference = loaded.predict(images).values<float>()[0] -
                           model.predict(images).values<float>()[0];
  std::printf("model.keras has %lld parameters and predicts %s\n",
              static_cast<long long>(loaded.count_params()),
              difference == 0 ? "the same" : "something else");
}

}  // namespace

int main(int count, char** arguments) {
  try {
    run(count, arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
