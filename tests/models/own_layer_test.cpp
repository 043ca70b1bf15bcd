// A layer of a program's own: registered, saved, read.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "layer_scale.h"
#include "layers/input.h"
#include "layers/registry.h"
#include "models/keras_file.h"
#include "tests/support/random.h"
#include "tests/support/temporary_folder.h"

namespace lathe::models {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Model scaled() {
  const layers::Symbol input = layers::Input({.shape = {4, 4, 3}});
  return {input, LayerScale({.initial_value = 0.25, .name = "scale"})(input)};
}

TEST(OwnLayer, IsReadOnceItIsRegistered) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "model.keras";
  const Model model = scaled();
  const Tensor gamma = model.weights()[0].tensor;
  gamma.values<float>()[1] = -2;
  save(model, path);
  EXPECT_THAT([&] { load(path); },
              ThrowsMessage<Error>(HasSubstr("layer 'scale' is a LayerScale")));

  layers::register_layer("LayerScale", LayerScale::from_config);
  const Model again = load(path);
  EXPECT_EQ(again.config(), model.config());
  const std::uint64_t seed = 3;
  const Tensor images =
      testing::random_tensor({2, 4, 4, 3}, DType::float32, seed, -1, 1);
  const Tensor output = again.predict(images);
  const float factors[] = {0.25F, -2, 0.25F};
  for (std::size_t i = 0; i < images.values<float>().size(); ++i) {
    EXPECT_EQ(output.values<float>()[i],
              factors[i % 3] * images.values<float>()[i]);
  }
}

TEST(OwnLayer, HasANameOfItsOwn) {
  EXPECT_THAT([] { layers::register_layer("Conv2D", LayerScale::from_config); },
              ThrowsMessage<Error>(HasSubstr("there is a layer Conv2D")));
  layers::register_layer("Scaled", LayerScale::from_config);
  EXPECT_THAT([] { layers::register_layer("Scaled", LayerScale::from_config); },
              ThrowsMessage<Error>(HasSubstr("there is a layer Scaled")));
}

}  // namespace
}  // namespace lathe::models
