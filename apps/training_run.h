#pragma once

#include <functional>
#include <vector>

#include "apps/html_report.h"
#include "apps/training_data.h"
#include "augment/pipeline.h"
#include "train/trainer.h"

namespace lathe::apps {

/// The file in a run's folder that says how it was made.
inline constexpr const char* kRunFile = "run.json";
/// Its options, which --config reads.
inline constexpr const char* kConfigFile = "run.toml";

/// The pipeline of --augment, empty for --augment-at none.
augment::Pipeline pipeline_of(const TrainingOptions& options);

/// A trainer that augments in its step where --augment-at says so. Throws Error
/// where what augmentation makes of images doesn't fit the model, or there is
/// nothing to mix samples with.
std::unique_ptr<train::Trainer> make_trainer(
    const models::Model& model, const augment::Pipeline& augmentation,
    const TrainingOptions& options, train::TrainerOptions trainer_options);

/// Takes what --init and --resume name.
void restore(train::Trainer& trainer, const TrainingOptions& options);

/// Trains: prints what will happen, writes run.json and run.toml, then models,
/// logs, curves, samples and report.html after every epoch, and where it is
/// interrupted a model to go on from. `callbacks` are called before all others.
/// Where it was not interrupted, the first process calls `at_end` for what the
/// report tells of the classes. Returns an exit code. Throws Error where
/// another run writes into the same folder.
int train_and_log(train::Trainer& trainer, const TrainingData& data,
                  const augment::Pipeline& augmentation,
                  const TrainingOptions& options,
                  std::vector<train::AnyCallback> callbacks,
                  const std::function<ClassResults()>& at_end = {});

}  // namespace lathe::apps
