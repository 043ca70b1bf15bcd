#include "models/load_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/error.h"
#include "layers/batch_normalization.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/global_average_pooling2d.h"
#include "layers/input.h"
#include "models/keras_file.h"
#include "models/safetensors.h"
#include "models/stored_weights.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"
#include "tests/support/temporary_folder.h"

namespace lathe::models {
namespace {

using namespace layers;
using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::expect_identical;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;

Model with_random_weights(Model model, std::uint64_t seed) {
  for (const Weight& weight : model.weights()) {
    weight.tensor.copy_from(testing::random_tensor(
        weight.tensor.shape(), DType::float32, seed++, 0.1, 1));
  }
  return model;
}

Symbol features(const Symbol& input, std::int64_t filters) {
  Symbol x =
      Conv2D({.filters = filters, .kernel_size = 3, .name = "stem"})(input);
  x = BatchNormalization()(x);
  x = Conv2D({.filters = 6, .kernel_size = 1, .name = "neck"})(x);
  return BatchNormalization()(x);
}

Model backbone(std::uint64_t seed, std::int64_t filters = 4) {
  const Symbol input = Input({.shape = {8, 8, 3}});
  return with_random_weights(Model(input, features(input, filters), "backbone"),
                             seed);
}

Symbol head(const Symbol& x, std::int64_t classes) {
  return Dense({.units = classes, .name = "predictions"})(
      GlobalAveragePooling2D()(x));
}

Model flat(std::uint64_t seed, std::int64_t classes = 5) {
  const Symbol input = Input({.shape = {8, 8, 3}});
  return with_random_weights(
      Model(input, head(features(input, 4), classes), "flat"), seed);
}

Model nested(std::uint64_t seed, std::int64_t classes = 5) {
  const Symbol input = Input({.shape = {8, 8, 3}});
  return with_random_weights(
      Model(input, head(backbone(seed)(input), classes), "nested"), seed);
}

void expect_same(const Model& one, const Model& other, std::size_t weights) {
  for (std::size_t i = 0; i < weights; ++i) {
    SCOPED_TRACE(one.weights()[i].name);
    expect_identical(one.weights()[i].tensor, other.weights()[i].tensor);
  }
}

/// Weights of the backbone, and with the head's.
constexpr std::size_t kFeatures = 2 + 4 + 2 + 4;
constexpr std::size_t kAll = kFeatures + 2;

class LoadWeights : public ::testing::TestWithParam<const char*> {
 protected:
  std::filesystem::path written(const Model& model) {
    const std::filesystem::path path = folder_ / GetParam();
    if (path.extension() == ".keras") {
      save(model, path);
    } else {
      save_weights(model, path);
    }
    return path;
  }

  TemporaryFolder folder_;
};

INSTANTIATE_TEST_SUITE_P(Files, LoadWeights,
                         ::testing::Values("a.keras", "a.weights.h5",
                                           "a.safetensors"),
                         [](const auto& parameter) {
                           std::string name = parameter.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST_P(LoadWeights, GivesBackAll) {
  const Model saved = nested(1);
  Model model = nested(50);
  const LoadWeightsReport report =
      load_weights(model, written(saved), {.whole = true});
  expect_same(model, saved, kAll);
  EXPECT_THAT(report.matched,
              ElementsAre("backbone/stem", "backbone/batch_normalization",
                          "backbone/neck", "backbone/batch_normalization_1",
                          "predictions"));
  EXPECT_THAT(report.missing, IsEmpty());
  EXPECT_THAT(report.unused, IsEmpty());
}

TEST_P(LoadWeights, TakesABackboneIntoAClassifier) {
  const Model saved = backbone(1);
  const auto path = written(saved);
  for (Model model : {flat(50), nested(50)}) {
    SCOPED_TRACE(model.name());
    const Model before = model.name() == "flat" ? flat(50) : nested(50);
    const LoadWeightsReport report = load_weights(model, path);
    expect_same(model, saved, kFeatures);
    expect_identical(model.weights().back().tensor,
                     before.weights().back().tensor);
    EXPECT_EQ(report.matched.size(), 4U);
    EXPECT_THAT(report.missing, ElementsAre("predictions"));
    EXPECT_THAT(
        report.text(),
        HasSubstr("4 layers matched\n1 in the model only: predictions"));
    EXPECT_THAT([&] { load_weights(model, path, {.whole = true}); },
                ThrowsMessage<Error>(HasSubstr("no weights for predictions")));
  }
}

TEST_P(LoadWeights, TakesAClassifierIntoABackboneOrAnotherNesting) {
  const Model saved = nested(1);
  const auto path = written(saved);
  Model features = backbone(50);
  EXPECT_THAT(load_weights(features, path).unused, ElementsAre("predictions"));
  expect_same(features, saved, kFeatures);
  Model model = flat(50);
  EXPECT_THAT(load_weights(model, path, {.whole = true}).unused, IsEmpty());
  expect_same(model, saved, kAll);
  const auto other = written(flat(7));
  Model inner = nested(50);
  load_weights(inner, other, {.whole = true});
  expect_same(inner, flat(7), kAll);
}

TEST_P(LoadWeights, NamesTheLayerAndShapesThatDiffer) {
  const auto path = written(flat(1, 7));
  for (Model model : {flat(50), nested(50)}) {
    const Model before = model.name() == "flat" ? flat(50) : nested(50);
    EXPECT_THAT(
        [&] { load_weights(model, path); },
        ThrowsMessage<Error>(
            AllOf(HasSubstr(path.string()),
                  HasSubstr(" of layer 'predictions' (Dense) has the shape"),
                  HasSubstr("5) in the model"), HasSubstr("7) in the file"))));
    expect_same(model, before, kAll);
    const LoadWeightsReport report =
        load_weights(model, path, {.skip_mismatch = true});
    expect_same(model, flat(1, 7), kFeatures);
    expect_identical(model.weights().back().tensor,
                     before.weights().back().tensor);
    ASSERT_EQ(report.mismatched.size(), 1U);
    EXPECT_EQ(report.mismatched[0].layer, "predictions");
    EXPECT_THAT(report.text(), HasSubstr("7) in the file"));
  }
}

TEST_P(LoadWeights, IgnoresNamesWhereTheLayersAreTheSame) {
  const Model saved = flat(1);
  Model model = flat(50);
  model.layer("stem").set_name("trunk");
  model.layer("neck").set_name("throat");
  const auto path = written(saved);
  if (path.extension() == ".safetensors") {
    EXPECT_THAT([&] { load_weights(model, path, {.whole = true}); },
                ThrowsMessage<Error>(AllOf(HasSubstr(path.string()),
                                           HasSubstr("for trunk, throat"))));
    return;
  }
  load_weights(model, path, {.whole = true});
  expect_same(model, saved, kAll);
}

TEST_P(LoadWeights, MatchesNumberedNamesByClass) {
  Model saved = flat(1);
  // As Keras names the layers of a process' second model.
  saved.layer("batch_normalization").set_name("batch_normalization_2");
  saved.layer("batch_normalization_1").set_name("batch_normalization_3");
  Model model = backbone(50);
  EXPECT_EQ(load_weights(model, written(saved)).matched.size(), 4U);
  expect_same(model, saved, kFeatures);
}

TEST_P(LoadWeights, RefusesAFileOfSomethingElse) {
  const Symbol input = Input({.shape = {4}});
  Model other(input, Dense({.units = 2, .name = "other"})(input));
  const auto path = written(flat(1));
  EXPECT_THAT([&] { load_weights(other, path); },
              ThrowsMessage<Error>(AllOf(HasSubstr(path.string()),
                                         HasSubstr("no weights that fit"),
                                         HasSubstr("the model wants other"))));
}

TEST(LoadWeightsErrors, NameTheWeightsThatASafetensorsFileLacks) {
  const TemporaryFolder folder;
  const Model before = flat(1);
  const auto refused = [&](std::vector<NamedTensor> tensors, const char* text) {
    Model model = flat(1);
    const auto path = folder / "w.safetensors";
    testing::write_bytes(path, make_safetensors(std::move(tensors)));
    EXPECT_THAT(
        [&] { load_weights(model, path, {.whole = true}); },
        ThrowsMessage<Error>(AllOf(HasSubstr(path.string()), HasSubstr(text))));
    expect_same(model, before, kAll);
  };
  const std::vector<NamedTensor> all = named_weights(flat(50));
  std::vector<NamedTensor> some(all.begin(), all.end() - 1);
  refused(some,
          "layer 'predictions' (Dense) has the weights bias, kernel in the "
          "model and kernel in the file, as predictions");
  some.pop_back();
  refused(some, "has no weights for predictions");
  std::vector<NamedTensor> more = all;
  more.push_back({"other/kernel", Tensor({1})});
  refused(more, "layers that the model doesn't have: other");
  more.back().name = "stem/scale";
  refused(more,
          "bias, kernel in the model and bias, kernel, scale in the file");
  std::vector<NamedTensor> counts = all;
  counts.back().tensor = Tensor({5}, DType::int64);
  refused(counts, "tensor 'predictions/bias' is of I64; the model's is of F32");
}

TEST(LoadWeightsErrors, NameTheFile) {
  const TemporaryFolder folder;
  Model model = flat(1);
  const auto refused = [&](const std::string& name, const char* text) {
    EXPECT_THAT([&] { load_weights(model, folder / name); },
                ThrowsMessage<Error>(AllOf(HasSubstr(name), HasSubstr(text))));
  };
  refused("none.weights.h5", "can't be read");
  refused("none.keras", "none.keras");
  refused("a.onnx", "no file of weights");
  refused("none.safetensors", "can't be read");
  testing::write_bytes(folder / "bad.weights.h5", "weights");
  refused("bad.weights.h5", "not a whole HDF5 file");
  save_weights(model, folder / "cut.weights.h5");
  const std::string whole = testing::read_bytes(folder / "cut.weights.h5");
  testing::write_bytes(folder / "cut.weights.h5",
                       whole.substr(0, whole.size() / 2));
  refused("cut.weights.h5", "cut.weights.h5");
  EXPECT_THAT([&] { save_weights(model, folder / "a.h5"); },
              ThrowsMessage<Error>(HasSubstr(".weights.h5")));
}

}  // namespace
}  // namespace lathe::models
