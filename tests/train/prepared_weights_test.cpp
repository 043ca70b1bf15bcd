// What an executable keeps of weights is never out of date: a trainer that
// keeps it tells what one that computes it in each run does.

#include <gtest/gtest.h>

#include "models/keras_file.h"
#include "models/unet.h"
#include "tests/support/compare.h"
#include "tests/support/temporary_folder.h"
#include "train/data/scene_set.h"
#include "train/trainer.h"

namespace lathe::train {
namespace {

// With convolutions for Winograd and for oneDNN.
models::Model unet() {
  models::Model model = models::unet(
      {.size = {32, 32}, .entry_filters = 16, .filters = {16, 32}});
  model.initialize(3);
  return model;
}

class Pair {
 public:
  explicit Pair(std::int64_t frozen = 0) {
    for (const bool plain : {false, true}) {
      models::Model model = unet();
      if (frozen > 0) model.freeze_first(frozen);
      TrainerOptions options{.optimizer = Adam{.update = {.use_ema = true}},
                             .seed = 5};
      if (plain) options.disabled_passes = {"prepare_once"};
      trainers_.push_back(std::make_unique<Trainer>(std::move(model), options));
    }
  }

  template <class F>
  void both(F&& change) {
    for (const auto& trainer : trainers_) change(*trainer);
  }

  void expect_same() {
    const Evaluation kept = trainers_[0]->evaluate(scenes_, {});
    const Evaluation computed = trainers_[1]->evaluate(scenes_, {});
    EXPECT_EQ(kept.loss, computed.loss);
    EXPECT_NE(kept.loss, last_loss_);
    last_loss_ = kept.loss;
    const models::Model& model = trainers_[0]->model();
    const Tensor predicted = model.predict(images_);
    const models::Model fresh = unet();
    for (std::size_t i = 0; i < model.weights().size(); ++i) {
      fresh.weights()[i].tensor.copy_from(model.weights()[i].tensor);
    }
    testing::expect_identical(predicted, fresh.predict(images_));
  }

  const SceneSet& scenes() const { return scenes_; }

 private:
  SceneSet scenes_{{.size = {32, 32}, .count = 8, .batch_size = 4}};
  Tensor images_{{2, 32, 32, 3}};
  double last_loss_ = -1;
  std::vector<std::unique_ptr<Trainer>> trainers_;
};

TEST(PreparedWeights, AreThoseOfTheModelWhateverChangesThem) {
  const testing::TemporaryFolder folder;
  const auto file = folder.path() / "other.keras";
  models::Model other = unet();
  other.initialize(8);
  models::save(other, file);
  Pair pair;
  pair.expect_same();
  std::int64_t epochs = 0;
  const auto train = [&] {
    ++epochs;
    pair.both([&](Trainer& trainer) {
      trainer.fit(pair.scenes(),
                  {.epochs = epochs, .validation = &pair.scenes()});
    });
  };
  train();
  pair.expect_same();
  train();
  pair.expect_same();
  pair.both([&](Trainer& trainer) { trainer.load_weights(file); });
  pair.expect_same();
  pair.both([](Trainer& trainer) { trainer.model().initialize(11); });
  pair.expect_same();
  pair.both([](Trainer& trainer) {
    for (const auto& weight : trainer.model().weights()) {
      weight.tensor.values<float>()[0] *= 1.5F;
    }
  });
  pair.expect_same();
}

TEST(PreparedWeights, OfFrozenLayersAreKeptWhileOthersTrain) {
  Pair pair(8);
  pair.both([&](Trainer& trainer) {
    trainer.fit(pair.scenes(), {.epochs = 2, .validation = &pair.scenes()});
  });
  pair.expect_same();
}

}  // namespace
}  // namespace lathe::train
