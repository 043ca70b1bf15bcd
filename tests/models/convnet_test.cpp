#include "models/convnet.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace lathe::models {
namespace {

TEST(Convnet, HasTheParametersOfItsLayers) {
  const Model model = convnet({.size = {28, 28}, .channels = 1, .classes = 10});
  const std::int64_t kernels =
      9 * (1 * 32 + 32 * 64 + 64 * 64 + 64 * 128) + 128 * 10 + 10;
  const std::int64_t normalizations = 4 * (32 + 64 + 64 + 128);
  EXPECT_EQ(model.count_params(), kernels + normalizations);
  EXPECT_EQ(model.count_trainable_params(), kernels + normalizations / 2);
  EXPECT_EQ(model.output_shape(), (Shape{-1, 10}));
}

TEST(Convnet, GivesProbabilitiesOfBytes) {
  const Model model = convnet({.size = {9, 12}, .classes = 3});
  const Tensor images({2, 9, 12, 3}, DType::uint8);
  std::uint8_t next = 0;
  for (auto& value : images.values<std::uint8_t>()) value = next += 7;
  const Tensor output = model.predict(images);
  for (std::int64_t row = 0; row < 2; ++row) {
    float sum = 0;
    for (const float share : output.rows(row, 1).values<float>()) sum += share;
    // Three shares, each rounded to float.
    EXPECT_NEAR(sum, 1, 1e-6);
  }
  EXPECT_EQ(input_scale(model), 1);
}

TEST(Convnet, RefusesImagesThatItWouldPoolAway) {
  EXPECT_THROW(convnet({.size = {7, 32}}), Error);
}

}  // namespace
}  // namespace lathe::models
