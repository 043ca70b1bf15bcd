#include "models/predict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "layers/batch_normalization.h"
#include "layers/conv2d.h"
#include "layers/dropout.h"
#include "layers/input.h"
#include "layers/rescaling.h"
#include "models/model.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"
#include "tests/support/run_graph.h"

namespace lathe::models {
namespace {

using namespace layers;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr std::uint64_t kSeed = 11;

Model small_model(bool rescales) {
  const Symbol input = Input({.shape = {6, 5, 3}});
  Symbol x = rescales ? Rescaling({.scale = {2}})(input) : input;
  x = Conv2D({.filters = 4, .kernel_size = 3, .padding = Padding::same})(x);
  x = Dropout()(BatchNormalization()(x));
  return Model(input, x);
}

Tensor on_reference(const Model& model, const Tensor& images) {
  const LoweredModel lowered = model.lower({.batch = images.shape()[0]});
  std::map<graph::ValueId, Tensor> given(lowered.bindings.begin(),
                                         lowered.bindings.end());
  given[lowered.inputs[0]] = images;
  return testing::run_graph(lowered.graph, Device::reference, given)
      .at(lowered.outputs[0]);
}

// Dozens of products of numbers below 2, summed in another order.
void expect_near(const Tensor& actual, const Tensor& expected) {
  testing::expect_close(actual, expected, 1e-5, 1e-5);
}

TEST(Predict, AnyCountOfImagesInBatches) {
  const Model model = small_model(false);
  for (const std::int64_t count : {1, 4, 5, 11}) {
    SCOPED_TRACE(count);
    const Tensor images =
        testing::random_tensor({count, 6, 5, 3}, DType::float32, kSeed);
    expect_near(model.predict(images, {.batch_size = 4}),
                on_reference(model, images));
  }
}

TEST(Predict, SeesWeightsThatChanged) {
  Model model = small_model(false);
  const Tensor images =
      testing::random_tensor({2, 6, 5, 3}, DType::float32, kSeed);
  const Tensor before = model.predict(images).clone();
  model.initialize(kSeed);
  expect_near(model.predict(images), on_reference(model, images));
  EXPECT_NE(testing::element(before, 0),
            testing::element(model.predict(images), 0));
}

TEST(Predict, BytesGoFromZeroToOneUnlessTheModelRescales) {
  EXPECT_EQ(input_scale(small_model(false)), 1.0F / 255);
  EXPECT_EQ(input_scale(small_model(true)), 1);
  const Tensor bytes =
      testing::random_integers({3, 6, 5, 3}, DType::uint8, kSeed, 256);
  for (const bool rescales : {false, true}) {
    const Model model = small_model(rescales);
    const Tensor floats({3, 6, 5, 3});
    for (std::int64_t i = 0; i < floats.elements(); ++i) {
      floats.data<float>()[i] = static_cast<float>(
          bytes.data<std::uint8_t>()[i] / (rescales ? 1.0 : 255.0));
    }
    const Tensor expected = on_reference(model, floats);
    testing::expect_close(model.predict(bytes), expected, 1e-5,
                          1e-6 * testing::largest(expected));
  }
}

TEST(Predict, RefusesOtherImages) {
  const Model model = small_model(false);
  const auto expect = [&](const Tensor& images, const char* text) {
    EXPECT_THAT([&] { model.predict(images); },
                ThrowsMessage<Error>(HasSubstr(text)));
  };
  expect(Tensor({1, 6, 6, 3}), "takes uint8 or float32 (-1, 6, 5, 3)");
  expect(Tensor({1, 6, 5, 3}, DType::int32), "takes uint8 or float32");
  expect(Tensor({6, 5, 3}), "takes uint8 or float32");
  EXPECT_THAT(
      [&] {
        model.predict(Tensor({1, 6, 5, 3}), {.batch_size = 0});
      },
      ThrowsMessage<Error>(HasSubstr("batch_size is 0")));
}

}  // namespace
}  // namespace lathe::models
