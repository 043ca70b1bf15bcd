// Trainer's files.

#include "core/error.h"
#include "models/keras_file.h"
#include "models/load_weights.h"
#include "train/compile_step.h"
#include "train/trainer.h"

namespace lathe::train {
namespace {

// So many that moving statistics no longer correct for their start.
constexpr std::int64_t kManyBatches = 1'000'000;

// From a model of the same layers.
void copy_trainable(const models::Model& from, models::Model& to) {
  const auto copy = [](const auto& source, const auto& target) {
    for (std::size_t i = 0; i < target.size(); ++i) {
      target[i]->set_trainable(source.at(i)->trainable());
    }
  };
  // A nested model's is its layers' until these have their own.
  copy(from.layers(), to.layers());
  copy(from.flat_layers(), to.flat_layers());
}

// Of a run whose file Keras wrote, which says nothing about epochs.
Position began_in_keras(const models::TrainingState& state,
                        const TrainerOptions& options) {
  Position position{.step = state.iterations,
                    .statistics_count = kManyBatches,
                    .seed = options.seed,
                    .learning_rate = learning_rate(options.optimizer)};
  // It isn't there where Keras followed a schedule.
  const auto rate = state.options.find("learning_rate");
  if (rate != state.options.end()) {
    position.learning_rate = std::get<double>(rate->second);
  }
  return position;
}

}  // namespace

void Trainer::save(const std::filesystem::path& path) const {
  models::TrainingState state = optimizer_.to_file();
  state.loss = keras_name(options_.loss, model_.output_shape().back());
  state.loss_options = keras_options(options_.loss);
  state.from_logits = from_logits(options_.loss);
  state.label_smoothing = label_smoothing(options_.loss);
  state.ignore_class = graph::ignored_target(
      step_target(model_.output_shape(), options_.loss, false).dtype);
  Position position = position_;
  if (position.step_of_epoch > 0) {
    position.confusion = confusion_.values();
    position.top_5 = confusion_.top_5();
  }
  position.statistics_count = statistics_count_.values<std::int64_t>()[0];
  position.seed = options_.seed;
  position.averages_in_model = averages_in_model_;
  position.joined_after = optimizer_.joined_after();
  state.extra = to_json(position);
  models::save(model_, path, state);
}

void Trainer::resume(const std::filesystem::path& path) {
  const models::LoadedFile file = models::load_with_training(path);
  if (!file.training) {
    fail(path.string(), ": can't be resumed from: it has no optimizer state");
  }
  const models::TrainingState& state = *file.training;
  Position position = state.extra == "{}"
                          ? began_in_keras(state, options_)
                          : position_from(state.extra, path.string());
  if (position.seed != options_.seed) {
    fail(path.string(), ": its run had the seed ", position.seed,
         " and this one has ", options_.seed,
         "; with another seed the draws would not go on as they began");
  }
  model_.copy_weights_from(file.model);
  copy_trainable(file.model, model_);
  averages_in_model_ = false;
  recompile();
  optimizer_.from_file(state, path.string());
  optimizer_.set_joined_after(position.joined_after);
  averages_in_model_ = position.averages_in_model;
  statistics_count_.values<std::int64_t>()[0] = position.statistics_count;
  confusion_ = ConfusionCounts(classes_);
  if (!position.confusion.empty()) {
    confusion_.set_values(position.confusion);
    confusion_.add_top_5(position.top_5);
  }
  position.confusion.clear();
  position_ = std::move(position);
}

void Trainer::load_weights(const std::filesystem::path& path) {
  use_averages(false);
  models::load_weights(model_, path, {.whole = true});
  keep_statistics();
}

void Trainer::keep_statistics() {
  statistics_count_.values<std::int64_t>()[0] = kManyBatches;
}

}  // namespace lathe::train
