#include "train/callbacks/fine_tune.h"

#include "core/error.h"
#include "train/trainer.h"

namespace lathe::train {

FineTune::FineTune(FineTuneOptions options) : options_(options) {
  if (!(options_.learning_rate_factor > 0)) {
    fail("fine tuning: the learning rate can't be multiplied with ",
         options_.learning_rate_factor, "; it must be above 0");
  }
}

void FineTune::on_epoch_begin(Trainer& trainer, std::int64_t epoch,
                              std::int64_t, std::int64_t) {
  // A run that was stopped in the middle of that epoch had begun it.
  if (epoch != options_.epoch || trainer.position().step_of_epoch > 0) return;
  std::vector<layers::Definition*> frozen;
  for (const auto& layer : trainer.model().flat_layers()) {
    if (!options_.batch_normalization && !layer->trainable() &&
        layer->class_name() == "BatchNormalization") {
      frozen.push_back(layer.get());
    }
  }
  trainer.model().set_trainable(true);
  for (layers::Definition* layer : frozen) layer->set_trainable(false);
  trainer.recompile();
  trainer.set_learning_rate(trainer.learning_rate() *
                            options_.learning_rate_factor);
}

}  // namespace lathe::train
