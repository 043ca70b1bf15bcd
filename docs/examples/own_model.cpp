// A model from layers, a trainer with a step of its own, a callback, and
// generated data: what a program of one's own is made of.

#include <cstdio>

#include "layers/add.h"
#include "layers/batch_normalization.h"
#include "layers/conv2d.h"
#include "layers/input.h"
#include "layers/up_sampling2d.h"
#include "models/keras_file.h"
#include "models/model.h"
#include "train/data/scene_set.h"
#include "train/trainer.h"

namespace {

using lathe::layers::ActivationFunction;
using lathe::layers::Padding;
using lathe::layers::Symbol;

lathe::models::Model small_model() {
  using namespace lathe::layers;
  const Symbol input = Input({.shape = {32, 32, 3}});
  Symbol x = Conv2D(
      {.filters = 8, .kernel_size = 3, .strides = 2, .padding = Padding::same})(
      input);
  x = BatchNormalization()(x);
  const Symbol side = x;
  x = Conv2D({.filters = 8,
              .kernel_size = 3,
              .padding = Padding::same,
              .activation = ActivationFunction::relu})(x);
  x = Add()({x, side});
  x = UpSampling2D({.size = 2})(x);
  x = Conv2D({.filters = 1,
              .kernel_size = 1,
              .activation = ActivationFunction::sigmoid})(x);
  return lathe::models::Model(input, x, "small");
}

// Darkens every second batch before training on it.
class MoodyTrainer : public lathe::train::Trainer {
 public:
  using Trainer::Trainer;

  lathe::train::StepResult train_step(lathe::train::Batch& batch) override {
    if (position().step % 2 == 1) {
      for (std::uint8_t& value : batch.images.values<std::uint8_t>()) {
        value /= 2;
      }
    }
    return Trainer::train_step(batch);
  }
};

class Announcer : public lathe::train::Callback {
 public:
  void on_epoch_end(lathe::train::Trainer&,
                    const lathe::train::EpochReport& report) override {
    std::printf("epoch %lld: loss %.4f\n", static_cast<long long>(report.epoch),
                lathe::train::log_value(report.logs, "loss"));
  }
};

}  // namespace

int main() {
  lathe::models::Model model = small_model();
  std::printf("%s", model.summary().c_str());
  const lathe::train::SceneSet data(
      {.size = {32, 32}, .count = 64, .batch_size = 8});
  MoodyTrainer trainer{model, {.metrics = {"accuracy", "iou"}}};
  trainer.fit(data, {.epochs = 3, .callbacks = {Announcer{}}});
  lathe::models::save(model, "small.keras");
  const auto loaded = lathe::models::load("small.keras");
  std::printf("%lld parameters came back\n",
              static_cast<long long>(loaded.count_params()));
}
