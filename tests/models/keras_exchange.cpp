// keras_exchange FOLDER: the C++ side of keras_exchange.py.
//
// Opens every FOLDER/keras/NAME.keras, predicts the images of NAME.h5 beside
// it, and writes prediction and model to FOLDER/lathe; writes U-Nets of its own
// there too.

#include <filesystem>
#include <iostream>

#include "core/atomic_file.h"
#include "core/error.h"
#include "models/augmented_classifier.h"
#include "models/keras_file.h"
#include "models/load_weights.h"
#include "models/unet.h"
#include "models/weights_file.h"
#include "tests/support/random.h"
#include "tests/support/temporary_folder.h"

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

/// Augmentation layers and a nested EfficientNet, class names beside.
void write_classifier(const fs::path& path) {
  Model model = augmented_classifier({.size = {32, 32}, .classes = 3});
  model.set_class_names({"cat", "dog", "ox"});
  model.freeze_backbone();
  save(model, path);
  const Tensor images =
      testing::random_tensor({2, 32, 32, 3}, DType::float32, 1, 0, 255);
  write_arrays(fs::path(path).replace_extension("h5"), images,
               model.predict(images));
}

}  // namespace

int main(int count, char** arguments) {
  try {
    if (count != 2) fail("usage: keras_exchange FOLDER");
    const fs::path folder = arguments[1];
    const fs::path results = folder / "lathe";
    fs::create_directories(results);
    for (const auto& entry : fs::directory_iterator(folder / "keras")) {
      if (entry.path().extension() == ".keras") pass_on(entry.path(), results);
    }
    write_unet(results / "own_unet.keras", 1);
    write_unet(results / "own_unet_of_classes.keras", 3);
    write_classifier(results / "own_classifier.keras");
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
