#include "models/keras_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <random>

#include "core/error.h"
#include "layers/activation.h"
#include "layers/add.h"
#include "layers/batch_normalization.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/flatten.h"
#include "layers/input.h"
#include "layers/normalization.h"
#include "layers/separable_conv2d.h"
#include "models/archive.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"
#include "tests/support/temporary_folder.h"

namespace lathe::models {
namespace {

using namespace layers;
using ::testing::AllOf;
using testing::expect_identical;
using ::testing::HasSubstr;
using testing::read_bytes;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;
using testing::write_bytes;

/// Several layers of a class, one with untrained weights before trained ones
/// could come, a branch, and random weights and statistics.
Model small_model(std::uint64_t seed, std::int64_t filters = 4) {
  const Symbol input = Input({.shape = {8, 8, 3}});
  Symbol x = Normalization()(input);
  x = Conv2D({.filters = filters, .kernel_size = 3, .name = "stem"})(x);
  const Symbol skip = x = BatchNormalization()(x);
  x = SeparableConv2D(
      {.filters = filters, .kernel_size = 3, .padding = Padding::same})(x);
  x = Activation(ActivationFunction::relu)(Add()({x, skip}));
  x = Conv2D({.filters = 2, .kernel_size = 3, .strides = 2})(x);
  x = Dropout({.rate = 0.25})(Flatten()(x));
  x = Dense({.units = 5, .activation = ActivationFunction::softmax})(x);
  Model model(input, x, "small");
  for (const Weight& weight : model.weights()) {
    if (weight.tensor.dtype() != DType::float32) continue;
    weight.tensor.copy_from(testing::random_tensor(
        weight.tensor.shape(), DType::float32, seed++, 0.1, 1));
  }
  return model;
}

TrainingState small_training(const Model& model) {
  TrainingState state;
  state.options = {{"learning_rate", 0.125},
                   {"beta_1", 0.9},
                   {"beta_2", 0.999},
                   {"epsilon", 1e-7}};
  state.iterations = 12345678901;
  state.extra = R"({"epoch": 3})";
  std::uint64_t seed = 100;
  for (const Weight& weight : model.trainable_weights()) {
    std::vector<Tensor>& slots = state.slots.emplace_back();
    for (int k = 0; k < 2; ++k) {
      slots.push_back(testing::random_tensor(weight.tensor.shape(),
                                             DType::float32, seed++));
    }
  }
  return state;
}

void expect_same_weights(const Model& one, const Model& other) {
  const auto expected = other.weights();
  const auto actual = one.weights();
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    SCOPED_TRACE(actual[i].name);
    expect_identical(actual[i].tensor, expected[i].tensor);
  }
}

/// The file's entries with one of them changed.
void rewrite(const std::filesystem::path& path, const std::string& name,
             const std::function<std::string(std::string)>& change) {
  const std::vector<std::string> names = {"metadata.json", "config.json",
                                          "model.weights.h5"};
  std::vector<std::string> bytes;
  std::vector<ArchiveEntry> entries;
  {
    const ArchiveReader reader(path);
    for (const std::string& entry : names) {
      bytes.push_back(reader.read(entry));
      if (entry == name) bytes.back() = change(bytes.back());
    }
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    entries.push_back({names[i], bytes[i]});
  }
  write_bytes(path, make_archive(entries));
}

TEST(KerasFile, GivesBackModelAndTraining) {
  const TemporaryFolder folder;
  const Model model = small_model(1);
  const TrainingState state = small_training(model);
  save(model, folder / "a.keras", state);
  const LoadedFile file = load_with_training(folder / "a.keras");
  expect_same_weights(file.model, model);
  EXPECT_EQ(file.model.config(), model.config());
  ASSERT_TRUE(file.training.has_value());
  EXPECT_EQ(file.training->optimizer, "Adam");
  EXPECT_EQ(file.training->options, state.options);
  EXPECT_EQ(file.training->iterations, state.iterations);
  EXPECT_EQ(file.training->loss, state.loss);
  EXPECT_EQ(file.training->metrics, state.metrics);
  EXPECT_EQ(file.training->extra, state.extra);
  ASSERT_EQ(file.training->slots.size(), state.slots.size());
  for (std::size_t i = 0; i < state.slots.size(); ++i) {
    expect_identical(file.training->slots[i].at(0), state.slots[i][0]);
    expect_identical(file.training->slots[i].at(1), state.slots[i][1]);
  }
}

TEST(KerasFile, HasNoTrainingUnlessGiven) {
  const TemporaryFolder folder;
  save(small_model(1), folder / "a.keras");
  EXPECT_FALSE(load_with_training(folder / "a.keras").training.has_value());
}

TEST(KerasFile, IsTheSameBytesButForTheDate) {
  const TemporaryFolder folder;
  const Model model = small_model(1);
  for (const char* name : {"a.keras", "b.keras"}) {
    save(model, folder / name, small_training(model));
  }
  for (const char* entry : {"config.json", "model.weights.h5", "lathe.json"}) {
    EXPECT_EQ(ArchiveReader(folder / "a.keras").read(entry),
              ArchiveReader(folder / "b.keras").read(entry))
        << entry;
  }
}

TEST(KerasFile, KeepsTheLossOfSeveralClasses) {
  const TemporaryFolder folder;
  const Model model = small_model(1);
  TrainingState state = small_training(model);
  state.loss = "sparse_categorical_crossentropy";
  state.from_logits = true;
  save(model, folder / "a.keras", state);
  const LoadedFile file = load_with_training(folder / "a.keras");
  EXPECT_EQ(file.training->loss, state.loss);
  EXPECT_TRUE(file.training->from_logits);
}

TEST(KerasFile, KeepsTheOptimizerOfAModelPartlyFrozen) {
  const TemporaryFolder folder;
  const Model model = small_model(1);
  model.layer("stem").set_trainable(false);
  save(model, folder / "a.keras", small_training(model));
  const LoadedFile file = load_with_training(folder / "a.keras");
  EXPECT_FALSE(file.model.layer("stem").trainable());
  EXPECT_EQ(file.training->slots.size(), model.trainable_weights().size());
  expect_same_weights(file.model, model);
}

TEST(KerasFile, RefusesTrainingOfAnotherModel) {
  const TemporaryFolder folder;
  const Model model = small_model(1);
  EXPECT_THROW(
      save(model, folder / "a.keras", small_training(small_model(1, 6))),
      Error);
  EXPECT_FALSE(std::filesystem::exists(folder / "a.keras"));
}

TEST(KerasFile, RefusesTrainingWithoutALearningRate) {
  const TemporaryFolder folder;
  const Model model = small_model(1);
  TrainingState state = small_training(model);
  state.options.clear();
  EXPECT_THAT([&] { save(model, folder / "a.keras", state); },
              ThrowsMessage<Error>(HasSubstr("learning_rate")));
}

TEST(KerasFile, RefusesAModelTooLargeForMemory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer ends the program instead";
#endif
  const TemporaryFolder folder;
  save(small_model(1), folder / "a.keras");
  rewrite(folder / "a.keras", "config.json", [](const std::string& text) {
    nlohmann::json config = nlohmann::json::parse(text);
    for (nlohmann::json& layer : config["config"]["layers"]) {
      if (layer["name"] == "stem") {
        layer["config"]["filters"] = std::int64_t{1} << 50;
      }
    }
    return config.dump();
  });
  EXPECT_THAT([&] { load(folder / "a.keras"); },
              ThrowsMessage<Error>(HasSubstr("a.keras")));
}

TEST(KerasFile, RefusesOtherExtensions) {
  EXPECT_THAT([] { save(small_model(1), "/tmp/model.zip"); },
              ThrowsMessage<Error>(HasSubstr(".keras")));
}

TEST(KerasFile, RefusesTruncations) {
  const TemporaryFolder folder;
  const Model model = small_model(1);
  save(model, folder / "a.keras", small_training(model));
  const std::string whole = read_bytes(folder / "a.keras");
  for (std::size_t i = 0; i < 200; ++i) {
    write_bytes(folder / "cut.keras", whole.substr(0, whole.size() * i / 200));
    EXPECT_THAT([&] { load(folder / "cut.keras"); },
                ThrowsMessage<Error>(HasSubstr("cut.keras")))
        << i;
  }
}

TEST(KerasFile, RefusesDamage) {
  const TemporaryFolder folder;
  save(small_model(1), folder / "a.keras");
  const std::string whole = read_bytes(folder / "a.keras");
  const Model model = small_model(1);
  for (std::size_t i = 0; i < whole.size(); i += 211) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(~damaged[i]);
    write_bytes(folder / "damaged.keras", damaged);
    // What no checksum covers (dates, attributes) may change.
    try {
      expect_same_weights(load(folder / "damaged.keras"), model);
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("damaged.keras"));
    }
  }
}

TEST(KerasFile, NamesForeignFiles) {
  const TemporaryFolder folder;
  const auto expect_refused = [&](const std::string& bytes,
                                  const std::string& text) {
    write_bytes(folder / "foreign.keras", bytes);
    EXPECT_THAT([&] { load(folder / "foreign.keras"); },
                ThrowsMessage<Error>(
                    AllOf(HasSubstr("foreign.keras"), HasSubstr(text))));
  };
  expect_refused("", "zip");
  expect_refused("\x89HDF\r\n\x1a\n", "zip");
  expect_refused(make_archive({{"readme.txt", "hello"}}), "config.json");
  expect_refused(make_archive({{"config.json", "{}"}}), "model.weights.h5");
  expect_refused(make_archive({{"config.json", "{"}, {"model.weights.h5", ""}}),
                 "json");
  expect_refused(
      make_archive({{"config.json", "[1]"}, {"model.weights.h5", ""}}),
      "model");
  EXPECT_THAT([&] { load(folder / "missing.keras"); },
              ThrowsMessage<Error>(HasSubstr("missing.keras")));
  EXPECT_THAT([&] { load(folder.path()); }, ::testing::Throws<Error>());
}

TEST(KerasFile, NamesBrokenWeights) {
  const TemporaryFolder folder;
  save(small_model(1), folder / "a.keras");
  rewrite(folder / "a.keras", "model.weights.h5", [](const std::string& bytes) {
    return bytes.substr(0, bytes.size() / 2);
  });
  EXPECT_THAT(
      [&] { load(folder / "a.keras"); },
      ThrowsMessage<Error>(AllOf(HasSubstr("a.keras"), HasSubstr("HDF5"))));
}

TEST(KerasFile, NamesAnUnknownLayer) {
  const TemporaryFolder folder;
  save(small_model(1), folder / "a.keras");
  rewrite(folder / "a.keras", "config.json", [](const std::string& text) {
    nlohmann::json config = nlohmann::json::parse(text);
    for (nlohmann::json& layer : config["config"]["layers"]) {
      if (layer["name"] == "stem") layer["class_name"] = "Conv9D";
    }
    return config.dump();
  });
  EXPECT_THAT(
      [&] { load(folder / "a.keras"); },
      ThrowsMessage<Error>(
          AllOf(HasSubstr("a.keras"), HasSubstr("stem"), HasSubstr("Conv9D"))));
}

TEST(KerasFile, KeepsClassNames) {
  const TemporaryFolder folder;
  Model model = small_model(1);
  const TrainingState state = small_training(model);
  const std::vector<std::string> names = {"cat", "dog", "\"cow\"", "ox", ""};
  model.set_class_names(names);
  save(model, folder / "a.keras");
  EXPECT_EQ(load(folder / "a.keras").class_names(), names);
  save(model, folder / "b.keras", state);
  const LoadedFile file = load_with_training(folder / "b.keras");
  EXPECT_EQ(file.model.class_names(), names);
  EXPECT_EQ(nlohmann::json::parse(file.training->extra),
            nlohmann::json::parse(state.extra));
  model.set_class_names({});
  save(model, folder / "c.keras");
  EXPECT_FALSE(ArchiveReader(folder / "c.keras").has("lathe.json"));
  EXPECT_TRUE(load(folder / "c.keras").class_names().empty());
  EXPECT_THAT(
      [&] {
        model.set_class_names({"cat", "dog"});
      },
      ThrowsMessage<Error>(
          AllOf(HasSubstr("2 class names"), HasSubstr("it needs 5"))));
}

TEST(KerasFile, KeepsTheOldFileWhereTheDiskIsFull) {
  const TemporaryFolder folder;
  const Model old = small_model(1);
  save(old, folder / "a.keras");
  // A limit on the size of files stands for the full disk.
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit limit = before;
  limit.rlim_cur = 4096;
  setrlimit(RLIMIT_FSIZE, &limit);
  EXPECT_THAT([&] { save(small_model(2), folder / "a.keras"); },
              ThrowsMessage<Error>(HasSubstr("a.keras")));
  setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, handler);
  expect_same_weights(load(folder / "a.keras"), old);
}

TEST(KerasFile, IsThereWheneverTheProgramIsKilled) {
  const TemporaryFolder folder;
  const Model model = small_model(1);
  const TrainingState training = small_training(model);
  save(model, folder / "a.keras", training);
  std::mt19937 random(1);
  for (int i = 0; i < 200; ++i) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      while (true) save(model, folder / "a.keras", training);
    }
    usleep(static_cast<useconds_t>(random() % 10000));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    ASSERT_NO_THROW(load(folder / "a.keras")) << "killed " << i;
  }
}

}  // namespace
}  // namespace lathe::models
