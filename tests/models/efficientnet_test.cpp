#include "models/efficientnet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"
#include "models/augmented_classifier.h"
#include "models/keras_file.h"
#include "tests/golden/golden_file.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"
#include "tests/support/temporary_folder.h"

namespace lathe::models {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using testing::GoldenFile;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// keras.applications.EfficientNetB0 to B7, weights=None: count_params() of the
// model, of its trainable variables, and len(model.layers).
struct Counts {
  const char* variant;
  std::int64_t parameters;
  std::int64_t trainable;
  std::size_t layers;
};

class EfficientNetTest : public ::testing::TestWithParam<Counts> {};

TEST_P(EfficientNetTest, HasKerasNumberOfParameters) {
  const Model model = efficientnet({.variant = GetParam().variant});
  EXPECT_EQ(model.count_params(), GetParam().parameters);
  EXPECT_EQ(model.count_trainable_params(), GetParam().trainable);
  EXPECT_EQ(model.layers().size(), GetParam().layers);
  EXPECT_EQ(model.name(), std::string("efficientnet") + GetParam().variant);
}

INSTANTIATE_TEST_SUITE_P(
    Variants, EfficientNetTest,
    ::testing::Values(Counts{"b0", 5330571, 5288548, 240},
                      Counts{"b1", 7856239, 7794184, 342},
                      Counts{"b2", 9177569, 9109994, 342},
                      Counts{"b3", 12320535, 12233232, 387},
                      Counts{"b4", 19466823, 19341616, 477},
                      Counts{"b5", 30562527, 30389784, 579},
                      Counts{"b6", 43265143, 43040704, 669},
                      Counts{"b7", 66658687, 66347960, 816}),
    [](const auto& parameter) { return parameter.param.variant; });

TEST(EfficientNet, IsTheOneOfKeras) {
  const testing::GoldenFile golden("models.h5");
  const Model model = efficientnet();
  std::string names;
  for (const auto& layer : model.layers()) {
    names += (names.empty() ? "" : "\n") + layer->name();
  }
  EXPECT_EQ(names, golden.text("efficientnetb0/layers"));
  const json expected =
      json::parse(golden.text("efficientnetb0/config"))["config"];
  const json config = model.config();
  EXPECT_EQ(config["output_layers"], expected["output_layers"]);
  for (std::size_t i = 0; i < expected["layers"].size(); ++i) {
    const json& layer = expected["layers"][i];
    SCOPED_TRACE(layer["name"]);
    EXPECT_EQ(config["layers"][i]["class_name"], layer["class_name"]);
    EXPECT_EQ(config["layers"][i]["config"], layer["config"]);
    ASSERT_EQ(config["layers"][i]["inbound_nodes"].size(),
              layer["inbound_nodes"].size());
    if (layer["inbound_nodes"].empty()) continue;
    EXPECT_EQ(config["layers"][i]["inbound_nodes"][0]["args"],
              layer["inbound_nodes"][0]["args"]);
  }
}

TEST(EfficientNet, Options) {
  const Model features = efficientnet(
      {.include_top = false, .size = ImageSize{64, 33}, .channels = 1});
  EXPECT_EQ(features.output_shape(), (Shape{-1, 2, 2, 1280}));
  // Without the top's 1281 x 1000, two of three input channels' 3 x 3 x 32, and
  // 2 means and 2 variances.
  EXPECT_EQ(features.count_params(), 4049571 - 2 * 9 * 32 - 4);
  const Model average = efficientnet({.include_top = false,
                                      .pooling = Pooling::average,
                                      .size = ImageSize{32, 32},
                                      .name = "features"});
  EXPECT_EQ(average.output_shape(), (Shape{-1, 1280}));
  EXPECT_EQ(average.layers().back()->name(), "avg_pool");
  EXPECT_EQ(average.name(), "features");
  const Model highest = efficientnet({.include_top = false,
                                      .pooling = Pooling::max,
                                      .size = ImageSize{32, 32}});
  EXPECT_EQ(highest.layers().back()->class_name(), "GlobalMaxPooling2D");
  const Model small =
      efficientnet({.classes = 10,
                    .classifier_activation = layers::ActivationFunction::linear,
                    .size = ImageSize{32, 32},
                    .drop_connect_rate = 0,
                    .dropout_rate = 0,
                    .stem_strides = 1});
  EXPECT_EQ(small.output_shape(), (Shape{-1, 10}));
  EXPECT_EQ(small.layer("top_activation").weights().size(), 0U);
  for (const auto& layer : small.layers()) {
    EXPECT_NE(layer->class_name(), "Dropout");
  }
  EXPECT_EQ(small
                .predict(testing::random_integers({2, 32, 32, 3}, DType::uint8,
                                                  1, 256))
                .shape(),
            (Shape{2, 10}));
}

TEST(AugmentedClassifier, IsAnEfficientNetWithin) {
  const Model model = augmented_classifier({.size = {32, 32}});
  EXPECT_EQ(model.count_params(), 5340581);
  EXPECT_EQ(model.count_trainable_params(), 5340581 - 42023);
  std::vector<std::string> classes;
  for (const auto& layer : model.layers()) {
    classes.push_back(layer->class_name());
  }
  EXPECT_THAT(classes, ::testing::ElementsAre("InputLayer", "RandomFlip",
                                              "RandomRotation", "RandomZoom",
                                              "Functional", "Dense"));
  EXPECT_EQ(input_scale(model), 1);
  EXPECT_THAT(model.summary(),
              AllOf(HasSubstr("efficientnetb0"), HasSubstr("(Functional)"),
                    HasSubstr("5,330,571")));
  const testing::TemporaryFolder folder;
  save(model, folder / "a.keras");
  const Model loaded = load(folder / "a.keras");
  EXPECT_EQ(loaded.config(), model.config());
  const Tensor images =
      testing::random_integers({2, 32, 32, 3}, DType::uint8, 1, 256);
  testing::expect_identical(loaded.predict(images), model.predict(images));
  // Nothing but the layers that train draws; the count goes on into the nested
  // model, so no two layers draw the same.
  const LoweredModel lowered = model.lower({.batch = 2, .training = true});
  std::set<std::uint32_t> operations;
  std::size_t dropouts = 0;
  for (const graph::Node& node : lowered.graph.nodes()) {
    if (const auto* drop = std::get_if<graph::Dropout>(&node.operation)) {
      operations.insert(drop->operation);
      ++dropouts;
    }
  }
  // One a residual block, and the top's.
  EXPECT_EQ(dropouts, 10U);
  EXPECT_EQ(operations.size(), dropouts);
}

TEST(EfficientNet, Refuses) {
  const auto expect = [](const EfficientNetOptions& options, const char* text) {
    EXPECT_THAT([&] { efficientnet(options); },
                ThrowsMessage<Error>(HasSubstr(text)));
  };
  expect({.variant = "b8"},
         "no variant 'b8'; there are b0, b1, b2, b3, b4, b5, b6, b7");
  expect({.size = ImageSize{31, 64}},
         "a size of 31 x 64; height and width must be at least 32");
  expect({.size = ImageSize{15, 64}, .stem_strides = 1}, "at least 16");
  expect({.stem_strides = 4}, "stem_strides is 4; it must be 1 or 2");
  expect({.classes = 0}, "0 classes");
  expect({.size = ImageSize{32, 32}, .drop_connect_rate = 16}, "rate is 2");
}

}  // namespace
}  // namespace lathe::models
