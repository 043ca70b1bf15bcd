// keras_exchange PART FOLDER: the C++ side of Keras' scripts beside this file.
//
// Reads every FOLDER/keras/NAME.keras and the images of NAME.h5 beside it, and
// writes to FOLDER/lathe what is asked for.
//
// models: what it predicts, and the model; and models of its own.
// training: the same, and where NAME.h5 has steps, it trains Keras' model on,
// and one of its own; and further models of its own.
// drawing: what training sees, as `prediction`, and the model.

#include <filesystem>
#include <iostream>
#include <numeric>

#include "core/atomic_file.h"
#include "core/error.h"
#include "docs/examples/project/layer_scale.h"
#include "layers/conv2d.h"
#include "layers/input.h"
#include "layers/registry.h"
#include "models/augmented_classifier.h"
#include "models/keras_file.h"
#include "models/load_weights.h"
#include "models/unet.h"
#include "models/weights_file.h"
#include "tests/support/random.h"
#include "tests/support/run_graph.h"
#include "tests/support/temporary_folder.h"
#include "train/trainer.h"

namespace {

namespace fs = std::filesystem;
using namespace lathe;
using namespace lathe::models;

Tensor read_images(const fs::path& path) {
  const WeightsReader reader(testing::read_bytes(path), path.string());
  Tensor images(reader.shape("images"));
  reader.read("images", images);
  return images;
}

void write_arrays(const fs::path& path, const Tensor& images,
                  const Tensor& prediction) {
  WeightsWriter writer;
  writer.write("images", images);
  writer.write("prediction", prediction);
  write_atomically(path, writer.finish());
}

void pass_on(const fs::path& given, const fs::path& results) {
  const LoadedFile file = load_with_training(given);
  const Tensor images = read_images(fs::path(given).replace_extension("h5"));
  const fs::path result = results / given.filename();
  write_arrays(fs::path(result).replace_extension("h5"), images,
               file.model.predict(images));
  save(file.model, result, file.training);
  // The weights alone, into a model that has others.
  const fs::path weights = fs::path(given).replace_extension("weights.h5");
  Model other = load(given);
  other.initialize(1);
  load_weights(other, weights, {.whole = true});
  save_weights(other, results / weights.filename());
  const fs::path tensors = fs::path(given).replace_extension("safetensors");
  if (!fs::exists(tensors)) return;
  other.initialize(1);
  load_weights(other, tensors, {.whole = true});
  save_weights(other, results / tensors.filename());
}

void draw(const fs::path& given, const fs::path& results) {
  const Model model = load(given);
  const Tensor images = read_images(fs::path(given).replace_extension("h5"));
  const std::int64_t samples = images.shape()[0];
  const LoweredModel lowered =
      model.lower({.batch = samples, .training = true});
  const Tensor key({samples + 2}, DType::int64);
  const auto numbers = key.values<std::int64_t>();
  std::iota(numbers.begin(), numbers.end(), 0);
  const auto values =
      testing::run_graph(lowered.graph, Device::cpu,
                         {{lowered.inputs[0], images}, {lowered.draw, key}});
  const fs::path result = results / given.filename();
  write_arrays(fs::path(result).replace_extension("h5"), images,
               values.at(lowered.outputs[0]));
  save(model, result);
}

/// The batches for training on in NAME.h5; none if there are none.
std::vector<train::Batch> read_steps(const fs::path& path) {
  const WeightsReader reader(testing::read_bytes(path), path.string());
  std::vector<train::Batch> batches;
  for (const std::string& step : reader.names("steps")) {
    const std::string images = concat("steps/", step, "/images");
    train::Batch batch{.images = Tensor(reader.shape(images))};
    batch.size = batch.images.shape()[0];
    batch.targets = Tensor({batch.size, 1}, DType::int32);
    const Tensor labels({batch.size}, DType::int32);
    reader.read(images, batch.images);
    reader.read(concat("steps/", step, "/targets"), labels);
    batch.targets.copy_from(labels.reshaped({batch.size, 1}));
    batch.sample_ids.resize(static_cast<std::size_t>(batch.size));
    batches.push_back(std::move(batch));
  }
  return batches;
}

train::TrainerOptions like_keras(train::Optimizer optimizer) {
  return {.optimizer = std::move(optimizer),
          .loss = train::SparseCategoricalCrossentropy{},
          .statistics_warm_up = -1};
}

/// Trains Keras' model on; and such a model from new weights, until Keras will
/// train on, and a step further.
void train_on(const fs::path& given, const fs::path& results) {
  auto batches = read_steps(fs::path(given).replace_extension("h5"));
  if (batches.empty()) return;
  const std::string name = given.stem().string();
  LoadedFile file = load_with_training(given);
  const train::Optimizer optimizer = train::optimizer_from(*file.training);
  {
    train::Trainer trainer(load(given), like_keras(optimizer));
    trainer.resume(given);
    for (auto& batch : batches) trainer.train_step(batch);
    trainer.save(results / concat(name, "_trained_on.keras"));
  }
  file.model.initialize(2);
  train::Trainer trainer(file.model, like_keras(optimizer));
  for (auto& batch : batches) trainer.train_step(batch);
  trainer.save(results / concat("own_", name, ".keras"));
  trainer.train_step(batches[0]);
  trainer.save(results / concat("own_", name, "_trained_on.keras"));
}

/// A U-Net whose training has gone on for seven steps, with moments that say
/// which is which.
void write_unet(const fs::path& path, std::int64_t classes) {
  const Model model = unet({.size = {32, 32},
                            .classes = classes,
                            .entry_filters = 8,
                            .filters = {8, 12}});
  TrainingState state{.options = {{"learning_rate", 1e-3}, {"beta_1", 0.875}},
                      .iterations = 7,
                      .loss = classes == 1 ? "binary_crossentropy"
                                           : "sparse_categorical_crossentropy"};
  std::uint64_t seed = 1;
  for (const layers::Weight& weight : model.trainable_weights()) {
    const Shape& shape = weight.tensor.shape();
    state.slots.push_back(
        {testing::random_tensor(shape, DType::float32, seed, -1e-3, 1e-3),
         testing::random_tensor(shape, DType::float32, seed + 1, 0, 1e-3)});
    seed += 2;
  }
  save(model, path, state);
  const Tensor images =
      testing::random_tensor({2, 32, 32, 3}, DType::float32, seed, 0, 1);
  write_arrays(fs::path(path).replace_extension("h5"), images,
               model.predict(images));
}

/// A model of so many classes that begins to learn by that loss; images and
/// targets of a step beside, and what the loss is.
void write_loss(const fs::path& path, std::int64_t classes,
                const train::Loss& loss) {
  const layers::Symbol input = layers::Input({.shape = {6, 5, 3}});
  Model model(
      input,
      layers::Conv2D({.filters = classes,
                      .kernel_size = 1,
                      .activation = classes == 1
                                        ? layers::ActivationFunction::sigmoid
                                        : layers::ActivationFunction::softmax})(
          input));
  model.initialize(3);
  train::Trainer trainer(model, {.loss = loss});
  trainer.save(path);
  train::Batch batch{
      .images = testing::random_tensor({2, 6, 5, 3}, DType::float32, 4),
      .targets = testing::random_integers(
          {2, 6, 5, 1}, DType::uint8, 5,
          static_cast<std::uint32_t>(std::max<std::int64_t>(classes, 2))),
      .sample_ids = {0, 1},
      .size = 2};
  const Tensor targets(batch.targets.shape());
  std::ranges::copy(batch.targets.values<std::uint8_t>(),
                    targets.values<float>().begin());
  WeightsWriter writer;
  writer.write("images", batch.images);
  writer.write("targets", targets);
  writer.write("loss",
               Tensor::from<float>(
                   {1}, {static_cast<float>(trainer.train_step(batch).loss)}));
  write_atomically(fs::path(path).replace_extension("h5"), writer.finish());
}

/// The model, images of up to `white` and what it predicts of them.
void write_model(const fs::path& path, const Model& model, double white) {
  save(model, path);
  const Tensor images =
      testing::random_tensor({2, 32, 32, 3}, DType::float32, 1, 0, white);
  write_arrays(fs::path(path).replace_extension("h5"), images,
               model.predict(images));
}

/// Augmentation layers and a nested EfficientNet, class names beside.
Model classifier() {
  Model model = augmented_classifier({.size = {32, 32}, .classes = 3});
  model.set_class_names({"cat", "dog", "ox"});
  model.freeze_backbone();
  return model;
}

/// With a layer that neither has.
Model with_own_layer() {
  const layers::Symbol input = layers::Input({.shape = {32, 32, 3}});
  const layers::Symbol x =
      layers::Conv2D({.filters = 4, .kernel_size = 3})(input);
  return {input, LayerScale({.initial_value = 0.5})(x)};
}

}  // namespace

int main(int count, char** arguments) {
  try {
    if (count != 3) fail("usage: keras_exchange PART FOLDER");
    const std::string part = arguments[1];
    const fs::path folder = arguments[2];
    const fs::path results = folder / "lathe";
    fs::create_directories(results);
    layers::register_layer("LayerScale", LayerScale::from_config);
    for (const auto& entry : fs::directory_iterator(folder / "keras")) {
      if (entry.path().extension() != ".keras") continue;
      if (part == "drawing") {
        draw(entry.path(), results);
      } else {
        pass_on(entry.path(), results);
        if (part == "training") train_on(entry.path(), results);
      }
    }
    if (part == "models") {
      write_model(results / "own_classifier.keras", classifier(), 255);
      write_model(results / "own_layer.keras", with_own_layer(), 1);
    }
    if (part == "training") {
      write_unet(results / "own_unet.keras", 1);
      write_unet(results / "own_unet_of_classes.keras", 3);
      write_loss(
          results / "loss_focal.keras", 1,
          train::BinaryFocalCrossentropy{
              .gamma = 1.5, .alpha = 0.7, .apply_class_balancing = true});
      write_loss(results / "loss_focal_of_classes.keras", 3,
                 train::CategoricalFocalCrossentropy{.alpha = {0.5, 1, 2}});
      write_loss(results / "loss_dice.keras", 1, train::Dice{});
      write_loss(results / "loss_dice_of_classes.keras", 3,
                 train::Dice{.per_class = true});
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
