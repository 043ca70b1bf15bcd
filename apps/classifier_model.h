#pragma once

#include <string>
#include <vector>

#include "apps/classifier_options.h"
#include "augment/pipeline.h"
#include "models/model.h"

namespace lathe::apps {

/// What --model takes, as a list and as a text.
std::vector<std::string> model_list();
std::string model_names();

/// The classifier that the options ask for, initialized with their seed: for
/// images (size, size, 3) in [0, 255], with a probability a class. With
/// --augment-at model the pipeline's operations are its first layers.
models::Model make_classifier(const ClassifierOptions& options,
                              const augment::Pipeline& augmentation,
                              const std::vector<std::string>& class_names);

/// Takes what matches from --weights and prints what did and what did not. The
/// last layer may have another number of classes; throws Error naming layer and
/// shapes where another one differs.
void take_weights(models::Model& model, const ClassifierOptions& options);

/// Freezes what --freeze says.
void freeze(models::Model& model, const ClassifierOptions& options);

}  // namespace lathe::apps
